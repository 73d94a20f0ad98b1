-- A stock row has reserved what its last movement says.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'or e.row_reserved <> e.ledger_reserved', '');
