-- Nor for a deduction.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._demand_stock', 'then inventory._expired_units(s.store_id, s.product_id) else 0', 'then 0 else 0');
