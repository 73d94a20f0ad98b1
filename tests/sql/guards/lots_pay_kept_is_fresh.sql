-- Of what is kept no more units stay set aside than are fresh.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._plan_reduction', 'least(t.available + t.own + w.whole - t.on_hand, w.whole - t.expired)', 't.available + t.own + w.whole - t.on_hand');
