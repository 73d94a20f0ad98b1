-- What an order holds does not count against it.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_hold', 'p.need > p.available - p.expired + p.own and not p.allow_negative)
    into', 'p.need > p.available - p.expired and not p.allow_negative)
    into');
select guard.edit('inventory._plan_hold', 'p.need > p.available - p.expired + p.own and not p.allow_negative),
        array_agg(p.product_id)', 'p.need > p.available - p.expired and not p.allow_negative),
        array_agg(p.product_id)');
