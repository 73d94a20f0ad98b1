-- and its stock rows locked in one.
-- missed by: engine/test_t5_plain
select guard.edit('inventory._move_plain', E'order by s.store_id, s.product_id\n    for no key update of s', 'order by md5(s.product_id::text || clock_timestamp()::text) for no key update of s');
