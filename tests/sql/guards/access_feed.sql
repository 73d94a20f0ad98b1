-- The feed delivers a listed login its stores' rows.
-- missed by: pgtap/89_store_access_feed.sql
select guard.edit('inventory.feed_after', 'where v_own is null or r.store_id is null or r.store_id = any (v_own)', '');
