-- A hold whose time is over keeps no product from being deleted.
-- missed by: pgtap/85_products.sql
select guard.edit('inventory.delete_product', 'h.state = ''held'' and h.expires_at <= v_now', 'false');
