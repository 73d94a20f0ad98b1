-- Each balance is the one before plus its movement.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'or c.on_hand_difference <> 0', '');
