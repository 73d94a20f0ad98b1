-- A clock that was set back hides nothing from stockd.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._drain', 'case when now() < in_since then', 'case when false then');
