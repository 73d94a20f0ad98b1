-- nor when the stock would not do, which is refused by name.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', 'and (new.on_hand operator(pg_catalog.>=) new.reserved or new.allow_negative)', '');
