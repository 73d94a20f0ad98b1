-- A position of another incarnation is an error, never a silent gap.
-- missed by: pgtap/30_feed.sql
select guard.edit('inventory._usable_position', 'if _usable_position.incarnation <> v_here then', 'if false then');
