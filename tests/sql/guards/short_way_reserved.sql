-- The short way through the hot path is for a change of on_hand alone: not with reserved,
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', 'and new.reserved operator(pg_catalog.=) old.reserved', '');
