-- A limit never splits a transaction: the rows are read up to the end of the last one.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory.feed_after', 'order by r.xid, r.recorded_at, r.source, r.ordinal', 'order by r.xid, r.recorded_at, r.source, r.ordinal limit feed_after.limit');
