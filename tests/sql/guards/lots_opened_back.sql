-- A unit that comes together again from parts goes to the lot that it was opened from.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._post_movements', 'if v_rest > 0 and exists (', 'if false and exists (');
