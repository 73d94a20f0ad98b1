-- TRUNCATE from an older snapshot is refused.
-- missed by: isolation/truncate
select guard.edit('inventory.inventory_stock_before_truncate', 'not in (''read committed''', 'not in (''repeatable read'', ''read committed''');
