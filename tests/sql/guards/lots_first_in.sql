-- What came first goes first.
-- missed by: pgtap/77_lots.sql
-- missed by: engine/test_lots_equal
select guard.edit('inventory._take_lots', 'order by l.age, l.lot_id', 'order by l.age desc, l.lot_id');
