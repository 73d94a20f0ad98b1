-- More given back than was taken is critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_compensations', 'when v_exceeding > 0 then', 'when false then');
