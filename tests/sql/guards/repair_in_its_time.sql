-- Lost movements are put back in their place in time.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory.repair', 'v_ledger.reserved_difference, v_ledger.on_hand, v_ledger.reserved, v_ledger.recorded_at', 'v_ledger.reserved_difference, v_ledger.on_hand, v_ledger.reserved, null');
