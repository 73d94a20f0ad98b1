-- Looks whether a store's stock can be relied on: versions and capture, keys, mappings, stores, compensations, success, and the offline
-- queue where there is one.
--   store  the store's code
-- Returns {store, status, checks [{name, status, message, threshold, figures}], as_of}. status is healthy, warning or critical; that of the
-- whole is the worst of its checks. threshold says when a check is which.
-- Raises 22004 or SD006 for the store. Reads: what its checks say (db/functions/_health_of_*.sql). Locks nothing.
create or replace function inventory.run_health_check(store text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(run_health_check.store);
    v_checks jsonb := jsonb_build_array(
        inventory._health_of_versions(v_store_id), inventory._health_of_keys(v_store_id), inventory._health_of_mappings(v_store_id),
        inventory._health_of_stores(v_store_id), inventory._health_of_compensations(v_store_id), inventory._health_of_success(v_store_id),
        inventory._health_of_queue(v_store_id)
    );
begin
    return jsonb_build_object(
        'store', run_health_check.store,
        'status', case
            when v_checks @> '[{"status": "critical"}]' then 'critical' when v_checks @> '[{"status": "warning"}]' then 'warning'
            else 'healthy'
        end,
        'checks', v_checks, 'as_of', now()
    );
end
$$;

comment on function inventory.run_health_check(text) is
    'Looks whether a store''s stock can be relied on: healthy, warning or critical, check by check, each by a stated threshold.';
