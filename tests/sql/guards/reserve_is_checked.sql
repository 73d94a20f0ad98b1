-- A reserve that is short is refused.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_hold', 'p.need > p.available - p.expired + p.own and not p.allow_negative),
        array_agg(p.product_id)', 'false),
        array_agg(p.product_id)');
