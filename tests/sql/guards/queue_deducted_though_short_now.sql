-- A sale that its till deducted long ago is done, also when it would be short by now.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory._is_same_sale', 'return not exists (
        select
        from (', 'return in_errors #>> ''{0,code}'' = ''idempotency_conflict'' and not exists (
        select
        from (');
