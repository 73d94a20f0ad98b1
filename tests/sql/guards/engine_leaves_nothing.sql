-- A row that the engine updates carries no change of an earlier statement on to the statement trigger.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update',
    E'for the statement trigger to record.\n        new.on_hand_delta := null;', E'for the statement trigger to record.\n');
