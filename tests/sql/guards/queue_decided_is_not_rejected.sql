-- What was decided is not rejected.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.reject_transaction', 'elsif v_row.status not in (''pending'', ''insufficient_stock'') then', 'elsif false then');
