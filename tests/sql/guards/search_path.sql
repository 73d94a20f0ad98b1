-- Names and operators of the hot path are qualified, because it fixes no search_path.
-- missed by: pgtap/02_search_path.sql
select guard.edit('inventory.inventory_stock_after_update', 'operator(pg_catalog.<>)', '<>');
