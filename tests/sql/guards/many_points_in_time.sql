-- When something happened is a point in time, and no word that means another one with each try.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._read_deductions', 'inventory._point_in_time(v_value ->> ''occurred_at'', ''occurred_at'')', '(v_value ->> ''occurred_at'')::timestamptz');
