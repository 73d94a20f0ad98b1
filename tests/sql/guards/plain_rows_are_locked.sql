-- The short way of many lines changes what nobody else can change.
-- missed by: engine/test_t1_batches
select guard.edit('inventory._move_plain', 'for no key update', '');
