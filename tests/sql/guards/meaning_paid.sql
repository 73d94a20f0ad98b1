-- Also when some of the order is paid.
-- missed by: pgtap/81_changed_meanings.sql
select guard.edit('inventory.process_order_stock_reduction', 'inventory._as_then(v_lines, v_held)', 'v_lines');
