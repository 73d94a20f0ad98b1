-- A shortage is found before anything moves, with the names of who asks.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._demand_errors', 'where d.is_short', 'where false');
