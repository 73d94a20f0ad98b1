-- The store's day is asked for once, not for each open lot under the lock of the stock row.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._expired_units', 'l.expires_on < v_day', 'l.expires_on < inventory._store_day(in_store_id)');
