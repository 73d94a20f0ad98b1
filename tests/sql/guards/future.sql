-- A position from the future is an error.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._usable_position', 'if pg_snapshot_xmax(_usable_position.snapshot) > pg_snapshot_xmax(pg_current_snapshot()) then', 'if false then');
