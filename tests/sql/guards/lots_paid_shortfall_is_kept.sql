-- What a lot has not is recorded as a shortfall.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.process_order_stock_reduction', 'v_plan.short || v_lots_short', 'v_plan.short');
