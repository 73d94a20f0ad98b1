-- What a refused deduction wrote is undone.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory.deduct_inventory_atomic', 'raise exception ''refused'' using errcode = ''SDREF'';', 'return inventory._refuse(v_operation, v_errors);');
