-- So does a part that is compensated.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._post_movements', 'coalesce(v_version, inventory._version_at(v_moved.store_id, v_moved.product_id, v_moved.version - 1, v_at))', 'v_version');
