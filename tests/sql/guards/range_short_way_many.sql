-- So does that of several lines or requests.
-- missed by: pgtap/79_wrong_arguments.sql
select guard.edit('inventory._move_plain', ' or numeric_value_out_of_range', '');
