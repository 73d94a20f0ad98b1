-- An ingredient is taken as its store says.
-- missed by: engine/test_plain_lines
select guard.edit('inventory._move_plain', 'm.store_id = l.store_id and ', '');
