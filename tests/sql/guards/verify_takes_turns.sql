-- Two passes of one store take turns.
-- missed by: engine/test_two_passes_of_one_store
select guard.edit('inventory.verify', 'where p.store_id = v_store_id for update;', 'where p.store_id = v_store_id;');
select guard.edit('inventory.verify', 'insert into inventory.stock_verifications (store_id) values (v_store_id) on conflict do nothing;', '');
