-- Of what is kept no more units stay set aside than there are.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_reduction', 'greatest(t.available + t.own + inventory._floor(t.on_hand * t.size + t.remainder - t.take, t.size) - t.on_hand, 0)', 't.own');
