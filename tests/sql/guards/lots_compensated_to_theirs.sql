-- A compensation too.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._post_movements', 'elsif v_moved.kind = ''compensation'' then', 'elsif false then');
