-- Overselling is refused by a CHECK, whoever writes and whatever the triggers do.
-- missed by: pgtap/10_stock_plain_sql.sql
alter table inventory.inventory_stock drop constraint inventory_stock_available_ck;
