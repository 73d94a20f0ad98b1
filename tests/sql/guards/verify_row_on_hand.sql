-- A stock row has the quantity of its last movement.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'or e.row_on_hand <> e.ledger_on_hand', '');
