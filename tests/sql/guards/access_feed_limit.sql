-- The limit counts what is delivered.
-- missed by: pgtap/89_store_access_feed.sql
select guard.edit('inventory.feed_after', 'pg_visible_in_snapshot(l.xid, v_now) and (v_own is null or l.store_id = any (v_own))', 'pg_visible_in_snapshot(l.xid, v_now)');
