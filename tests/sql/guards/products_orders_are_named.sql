-- A product of which orders hold some is not deleted unless that is asked for.
-- missed by: pgtap/85_products.sql
select guard.edit('inventory.delete_product', 'if delete_product.reservations = ''refuse'' then', 'if false then');
