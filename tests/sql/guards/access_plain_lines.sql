-- So does that of several lines.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._move_lines', 'inventory._may_use(t.store_id)', 'true');
