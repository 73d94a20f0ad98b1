-- The versions are the order of movements, whatever their times say.
-- missed by: views/test_the_order_is_that_of_the_versions
select guard.edit('inventory._stock_states', 'max(m.recorded_at) over (order by m.version) as at', 'm.recorded_at as at');
