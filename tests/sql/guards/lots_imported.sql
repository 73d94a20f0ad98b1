-- An import moves lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._import_stock', 'perform inventory._level_lots(v_keys);', '');
select guard.edit('inventory._import_movements', 'perform inventory._level_lots(v_keys);', '');
