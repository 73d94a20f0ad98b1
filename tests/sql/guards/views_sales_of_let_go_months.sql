-- A rebuild leaves the sales of months alone that the ledger does not have any more, in a restored copy too.
-- missed by: views/test_sales_of_months_that_were_let_go
select guard.edit('inventory._count_sales', 'when exists (select from inventory.stores', 'when false and exists (select from inventory.stores');
