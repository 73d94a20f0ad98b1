-- The time of a reservation is the same request in every IntervalStyle.
-- missed by: pgtap/03_session_settings.sql
select guard.edit('inventory.reserve_stock', '''ttl'', extract(epoch from reserve_stock.ttl)', '''ttl'', reserve_stock.ttl');
