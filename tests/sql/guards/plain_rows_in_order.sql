-- and its stock rows locked in one.
-- missed by: engine/test_t5_plain
select guard.edit('inventory._move_plain', 'order by store_id, product_id, request, move, line, place', 'order by md5(l.sku || clock_timestamp()::text)');
