-- It takes no more than there is.
-- missed by: engine/test_plain_lines
select guard.edit('inventory._move_plain', ' and (not f.is_last or f.on_hand >= f.reserved or f.allow_negative)', '');
