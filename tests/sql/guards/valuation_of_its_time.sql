-- A policy or a late cost counts from its own time on, not from that of the movement before it.
-- missed by: pgtap/78_valuation.sql
select guard.edit('inventory.stock_valuation', 'or e.recorded_at <= stock_valuation."time"', 'or true');
