-- When what a part is of has been given back, it is of what is open.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._give_opened_back', 'v_until := in_version;', 'exit;');
