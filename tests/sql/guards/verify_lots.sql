-- What open lots have left is on hand.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'where e.in_lots <> case when e.policy is null then 0 else e.row_on_hand end', 'where false');
