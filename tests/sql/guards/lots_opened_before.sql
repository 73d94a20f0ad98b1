-- A part makes the unit whole that it is of, not one that was opened later.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._give_opened_back', 'coalesce(in_original_version, in_version)', 'in_version');
