-- A change that is no bigint is not taken for none.
-- missed by: pgtap/79_wrong_arguments.sql
select guard.edit('inventory._apply_changes', 'm.on_hand_delta is null or ', '');
