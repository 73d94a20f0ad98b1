-- The same for stockd.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._drain', 'or m.xid = any (in_xip)', '');
