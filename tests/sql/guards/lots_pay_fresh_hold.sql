-- Who pays takes what is fresh of his hold, whatever others hold of what has expired.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._plan_reduction', 'least(p.own, p.on_hand - p.expired) + greatest(p.available - p.expired, 0)', 'p.own + p.available - p.expired');
