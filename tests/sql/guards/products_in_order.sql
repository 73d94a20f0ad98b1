-- Products are locked in the order of their ids.
-- missed by: engine/test_many_availabilities_are_set_in_the_order
select guard.edit('inventory.bulk_update_availability', 'order by p.product_id', 'order by p.product_id desc');
