-- The short way of a reservation sets aside only what is available.
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._reserve_one', '(s.available >= v_units or s.allow_negative)', 'true');
