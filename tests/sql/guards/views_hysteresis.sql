-- Low stock is over only well above the threshold, when that is asked for.
-- missed by: views/test_whatever_the_batches
select guard.edit('inventory.fold_views', 'or l.available > l.threshold + l.threshold::numeric * v_hysteresis / 100 then false', 'or l.available > l.threshold then false');
