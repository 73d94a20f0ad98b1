-- Its keys are claimed in one order,
-- missed by: engine/test_t5_plain
select guard.edit('inventory._move_plain', 'order by u.store_id, u.key collate "C"', '');
