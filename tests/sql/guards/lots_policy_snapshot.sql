-- A policy is not set in an old snapshot.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.set_lot_policy', 'not in (''read committed'', ''read uncommitted'')', 'is null');
