-- Writers may change on_hand, thresholds and policies, and nothing else of a stock row.
-- missed by: pgtap/20_privileges.sql
grant update on inventory.inventory_stock to inventory_writer;
