-- An import receives no line that was received before.
-- missed by: pgtap/50_import.sql
select guard.edit('inventory._import_lots', 'from inventory._drop_applied_lines(in_import_id, in_run, in_source_id, v_stretch) as d',
    'from (select 0::bigint, array[]::bigint[], array[]::text[]) as d (already, bad_lines, bad_reasons)');
