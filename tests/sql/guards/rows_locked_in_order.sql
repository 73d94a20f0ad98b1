-- Stock rows are locked before they are changed, and in one order.
-- missed by: isolation/lock_order
-- missed by: isolation/deleted_in_between
select guard.edit('inventory._lock_stock_rows', 'do update set version = s.version where false', 'do nothing');
