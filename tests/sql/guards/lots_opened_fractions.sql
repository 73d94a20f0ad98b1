-- Whole units do not come together from parts.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._post_movements', 'and p.version in (v_moved.version, v_version)', '');
