-- The position in the middle of a backlog lists what is still to come among the transactions that it has passed.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._position_after', 'where x > in_last or not pg_visible_in_snapshot(x, in_now) order by x', 'where not pg_visible_in_snapshot(x, in_now) order by x');
