-- A unit of an order is what it was when it was reserved.
-- missed by: pgtap/81_changed_meanings.sql
select guard.edit('inventory.unreserve_stock', 'inventory._as_then(v_lines, v_held)', 'v_lines');
