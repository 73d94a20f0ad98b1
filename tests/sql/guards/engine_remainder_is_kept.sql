-- What a fraction leaves over is kept.
-- missed by: pgtap/72_units.sql
select guard.edit('inventory._settle_remainders', 'do update set numerator = excluded.numerator, denominator = excluded.denominator', 'do nothing');
