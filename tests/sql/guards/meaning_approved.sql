-- So is one that is approved as it was queued.
-- missed by: pgtap/81_changed_meanings.sql
select guard.edit('inventory.approve_transaction', 'inventory._queued_lines(v_row)', 'v_row.lines');
