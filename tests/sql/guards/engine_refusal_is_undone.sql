-- What a refused operation wrote is undone.
-- missed by: pgtap/70_operations.sql
select guard.edit(
    'inventory._move_stock', 'raise exception ''refused'' using errcode = ''SDREF'';', 'return inventory._refuse(in_operation, v_errors);'
);
