-- A day that is in no calendar is said to be so, with its line and field.
-- missed by: pgtap/70_operations.sql
select guard.edit('inventory._read_line_fields', 'inventory._is_day(v_value #>> ''{}'')', 'v_value #>> ''{}'' ~ ''^\d{4}-\d\d-\d\d$''');
