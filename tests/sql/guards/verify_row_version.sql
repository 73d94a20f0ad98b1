-- A stock row has the version of its last movement.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'e.row_version <> e.ledger_version or', '');
