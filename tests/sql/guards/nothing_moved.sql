-- Nor does a row whose quantities an UPDATE leaves alone.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', E'else\n        new.on_hand_delta := null;', 'else');
