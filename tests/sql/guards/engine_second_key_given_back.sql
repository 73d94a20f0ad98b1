-- An operation whose transaction id is known gives the key back that it claimed before.
-- missed by: pgtap/71_idempotency.sql
select guard.edit('inventory._replay', 'perform inventory._unclaim(in_operation);', '');
