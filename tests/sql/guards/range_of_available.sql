-- What is available has a range, too: a reservation moves nothing else.
-- missed by: pgtap/79_wrong_arguments.sql
select guard.edit('inventory._apply_changes', ' or m.on_hand - m.reserved is null', '');
