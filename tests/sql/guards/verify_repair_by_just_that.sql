-- What was booked for a finding makes up for just that.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._verify_batch', 'on conflict (store_id, product_id, kind, version) where kind in (''missing_movements'', ''repeated_version'', ''wrong_balance'')
        do update set details = excluded.details, repaired_at = null, repaired_by = null, repair_version = null, gone_at = null
        where f.details <> excluded.details or', 'on conflict (store_id, product_id, kind, version) where kind in (''missing_movements'', ''repeated_version'', ''wrong_balance'')
        do update set details = excluded.details, repaired_at = null, repaired_by = null, repair_version = null, gone_at = null
        where');
