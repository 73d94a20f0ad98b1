-- A lot that is named has what is asked for.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._post_movements', 'if v_rest > 0 then
                v_errors', 'if false then
                v_errors');
