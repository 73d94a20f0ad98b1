-- The id of a lot that was refused is free again, and its line is not recorded as applied.
-- missed by: pgtap/50_import.sql
select guard.edit('inventory._import_lots', 'perform inventory._take_back_lines(v_refused_lines, in_source_id);', 'null;');
