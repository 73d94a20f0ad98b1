-- With fefo, what expires first goes first.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._take_lots', 'order by l.expires_on, l.age, l.lot_id', 'order by l.age, l.lot_id');
