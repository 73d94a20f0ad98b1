-- Prices, categories and what is active change the sums.
-- missed by: views/test_each_edit_is_folded
select guard.edit('inventory._unfolded', 'e.type in (''product_updated'', ''store_updated'')', 'e.type in (''store_updated'')');
