-- Of what is kept no more units stay set aside than there are.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_reduction', 'greatest(least(t.available + t.own + w.whole - t.on_hand, w.whole - t.expired), 0)', 't.own');
