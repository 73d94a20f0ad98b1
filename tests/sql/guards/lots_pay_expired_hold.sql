-- What an order holds of what has expired is not there for it.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._plan_reduction', 'least(p.own, p.on_hand - p.expired)', 'p.own');
