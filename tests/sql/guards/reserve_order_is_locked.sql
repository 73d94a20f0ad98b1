-- Two calls for one order come one after the other.
-- missed by: engine/test_t12_an_order_that_is_reserved_by_many
select guard.edit('inventory._lock_order', E'in_order\n        for no key update;', E'in_order;');
