-- What was decided is not approved.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.approve_transaction', 'elsif v_row.status not in (''pending'', ''insufficient_stock'') then', 'elsif false then');
