-- Nor for an order that is paid.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._plan_reduction', 'then inventory._expired_units(s.store_id, s.product_id) else 0', 'then 0 else 0');
