-- The canaries of a process go with it.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._write_canary', 'e.correlation_id = f.instance_id::text', 'false');
