-- And of what has its store by its document.
-- missed by: pgtap/88_store_access.sql
drop policy own_stores on inventory.stock_document_lines;
create policy own_stores on inventory.stock_document_lines using (true);
