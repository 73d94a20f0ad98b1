-- What has waited for a day in the offline queue is critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_queue', 'case when v_oldest < now() - interval ''1 day'' then', 'case when false then');
