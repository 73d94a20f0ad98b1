-- What a movement did to lots is there with the movement, though it is recorded a moment later.
-- missed by: pgtap/78_valuation.sql
select guard.edit('inventory.stock_valuation', 'e.kind in (''received'', ''taken'', ''returned'', ''settled'', ''corrected'')', 'false');
