-- A time that no time zone can tell must not stop the folding.
-- missed by: views/test_times_and_amounts_at_the_very_end
select guard.edit('inventory.fold_views', '(least(greatest(u.sold_last, ''0001-01-03 00:00:00+00''), ''9999-12-29 00:00:00+00'') at time zone u.time_zone)::date
                end as sold_day', '(u.sold_last at time zone u.time_zone)::date
                end as sold_day');
