-- What the till has deducted itself is known again when its unit means something else by now.
-- missed by: pgtap/81_changed_meanings.sql
select guard.edit('inventory._is_same_queued_sale', 'inventory._queued_lines(q)', 'q.lines');
