-- A call costs what it delivers, whatever the backlog.
-- missed by: pgtap/40_plans.sql
select guard.edit('inventory.feed_after', e'order by l.xid\n                limit feed_after.limit', 'order by l.xid');
