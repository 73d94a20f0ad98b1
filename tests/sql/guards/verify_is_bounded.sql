-- A call walks about as much as it is told.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory.verify', 'exit when v_left < 1000;', 'v_left := greatest(v_left, 1000);');
