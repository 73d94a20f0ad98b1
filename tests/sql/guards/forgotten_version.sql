-- A function that moves stock and forgets the version is recorded like anybody else.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', 'if new.on_hand operator(pg_catalog.<>) old.on_hand and',
    $$if current_user operator(pg_catalog.<>) 'inventory_engine' and new.on_hand operator(pg_catalog.<>) old.on_hand and$$);
