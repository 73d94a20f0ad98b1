-- What is sold bears its share of a cost that came later.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.add_lot_cost', 'where e.value <> 0', 'where e.kind = ''cost''');
