-- C1: plain SQL on stock writes its movement.
-- missed by: pgtap/10_stock_plain_sql.sql
-- missed by: pgtap/30_feed.sql
alter table inventory.inventory_stock disable trigger after_10_update;
