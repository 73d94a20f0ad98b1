-- What has expired is not there for a sale.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._apply_changes', 'then inventory._expired_units(s.store_id, s.product_id) else 0', 'then 0 else 0');
