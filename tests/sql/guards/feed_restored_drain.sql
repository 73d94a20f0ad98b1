-- Who goes on reading after a dump was restored in place is told so.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._drain', 'if v_is_restored then', 'if false then');
