-- Events are found by xid, however many one transaction has written.
-- missed by: pgtap/40_plans.sql
select guard.edit('inventory._drain', 'e.event_seq + 0 > v_event_floor', 'e.event_seq > v_event_floor');
