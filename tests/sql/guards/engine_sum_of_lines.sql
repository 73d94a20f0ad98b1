-- Lines of one stock row are checked as their sum, not each for itself.
-- missed by: pgtap/70_operations.sql
select guard.edit('inventory._apply_changes', 'inventory._sum(c.on_hand_delta - c.reserved_delta) over whole', '(c.on_hand_delta - c.reserved_delta)');
