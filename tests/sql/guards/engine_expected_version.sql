-- set_stock() compares versions.
-- missed by: pgtap/70_operations.sql
select guard.edit('inventory._changes_to_balances', 'coalesce(l.expected_version <> s.version, false)', 'false');
