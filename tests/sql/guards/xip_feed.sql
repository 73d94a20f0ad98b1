-- Transactions that a position lists as in progress are looked for when they have ended.
-- missed by: pgtap/30_feed.sql
-- missed by: isolation/commit_order
select guard.edit('inventory.feed_after', 'where pg_visible_in_snapshot(x, v_now) order by x', 'where false order by x');
