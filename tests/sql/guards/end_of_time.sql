-- A time that no bigint holds does not stop the drain.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._unix_us', 'GREATEST(', 'COALESCE(');
