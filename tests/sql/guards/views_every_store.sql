-- Who is held to some stores would fold those alone, and move the position.
-- missed by: views/test_who_is_held_to_some_stores
select guard.edit('inventory.fold_views', '    perform inventory._check_every_store(''fold_views()'');', '');
