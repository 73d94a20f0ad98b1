-- A stock row keeps lots when a policy says so.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'or e.has_row and e.keeps_lots <> (e.policy is not null)', '');
