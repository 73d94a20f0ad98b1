-- What is being reserved of a product is seen before it is deleted.
-- missed by: engine/test_a_product_that_is_being_reserved
select guard.edit('inventory.delete_product', E'order by s.store_id\n                for no key update;', 'order by s.store_id;');
