-- What a refused reserve made is undone.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory.reserve_stock', E'v_errors := v_plan.errors;\n                raise exception ''refused'' using errcode = ''SDREF'';', 'return inventory._refuse(v_operation, v_plan.errors);');
