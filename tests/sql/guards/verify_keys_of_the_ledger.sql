-- A whole pass goes by the ledger, too.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._stock_keys_after', 'if not in_whole then', 'if true then');
