-- A unit of a sale is what it was when it was sold.
-- missed by: pgtap/81_changed_meanings.sql
select guard.edit('inventory.return_sale', 'inventory._as_then(v_lines, inventory._lines_of_documents(v_documents))', 'v_lines');
