-- A stock row that is deleted while a movement waits for its lock is made again.
-- missed by: isolation/delete_and_insert
select guard.edit('inventory._lock_stock_rows', 'if found then', 'if true then');
