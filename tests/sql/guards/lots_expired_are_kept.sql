-- What is sold is not taken from a lot that has expired.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._take_lots', 'coalesce(l.expires_on < v_day, false) = v_takes_expired', 'true');
