-- A queued sale is deducted with the units and products that it was sold with.
-- missed by: pgtap/81_changed_meanings.sql
select guard.edit('inventory._queued_requests', 'inventory._queued_lines(q, i.place)', 'q.lines');
