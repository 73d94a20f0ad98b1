-- and passes over no field.
-- missed by: pgtap/70_operations.sql
select guard.edit('inventory._move_plain', 'l.value - ''{sku,quantity,price}''::text[] = ''{}''', 'true');
