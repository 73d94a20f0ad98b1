-- Nor are the movements that it writes itself applied again.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory._is_client', $$current_user operator(pg_catalog.<>) 'inventory_engine'$$, 'true');
