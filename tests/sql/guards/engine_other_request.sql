-- A key that belongs to another request is refused.
-- missed by: pgtap/71_idempotency.sql
select guard.edit('inventory._replay', 'elsif v_found.request = in_operation.request then', 'elsif true then');
