-- A movement of a stock row whose version is not settled yet.
-- missed by: pgtap/15_one_statement.sql
select guard.edit('inventory._raise_pending', 'raise exception', 'raise notice');
