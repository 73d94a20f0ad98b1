-- Canaries are no part of the public feed.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory.feed_after', 'e.type <> ''canary''', 'true');
