-- The short way through the hot path says of reserved what changed now, and not what changed the last time.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update',
    E'new.reserved_delta := new.reserved operator(pg_catalog.-) old.reserved;\n        new.version', 'new.version');
