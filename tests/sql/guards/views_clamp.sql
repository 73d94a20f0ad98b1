-- A time that no time zone can tell must not stop the folding.
-- missed by: views/test_times_and_amounts_at_the_very_end
select guard.edit('inventory._day_at', 'LEAST(', 'COALESCE(');
select guard.edit('inventory._day_at', 'GREATEST(', 'COALESCE(');
