-- It takes no more than there is.
-- missed by: engine/test_a_plain_batch
select guard.edit('inventory._move_plain', ' or v_done.is_short', '');
select guard.edit('inventory._move_plain', 'and (l.on_hand >= s.reserved or s.allow_negative)', '');
