-- Ids of catalog rows are the database's: a writer may not bring its own.
-- missed by: pgtap/20_privileges.sql
grant insert on inventory.products to inventory_writer;
