-- The version that is kept over a deletion, when a movement makes the row again.
-- missed by: pgtap/10_stock_plain_sql.sql
-- missed by: isolation/delete_and_insert
select guard.edit('inventory._lock_stock_rows', 'if v_version > 0 then', 'if false then');
