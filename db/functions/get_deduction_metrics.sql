-- How deductions of a store go: sales, deductions by recipe and paid orders.
--   store  the store's code
-- Returns {store, last_24h, kept, as_of}. last_24h and kept each have deductions, successful, failed, failure_rate (percent of deductions, two
-- decimals, 0 when there were none), by_code (failed by the code of the first error), shortfalls, compensations, returns; kept is over the
-- days for which refusals are kept (the setting offline_window_days) and says since when.
-- A refused request counts each time that it is tried; one that was replayed, or whose transaction was rolled back (as must() does), not.
-- Raises 22004 or SD006 for the store. Reads: stores, settings, stock_documents, operation_refusals. Locks nothing.
create or replace function inventory.get_deduction_metrics(store text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(get_deduction_metrics.store);
    v_since timestamptz := now() - make_interval(days => (
        select s.value::integer from inventory.settings as s where s.name = 'offline_window_days'
    ));
begin
    return jsonb_build_object(
        'store', get_deduction_metrics.store,
        'last_24h', inventory._deductions_since(v_store_id, now() - interval '24 hours'),
        'kept', inventory._deductions_since(v_store_id, v_since) || jsonb_build_object('since', v_since),
        'as_of', now()
    );
end
$$;

comment on function inventory.get_deduction_metrics(text) is
    'How deductions of a store go: done and refused, failure_rate in percent, by code; in the last 24 hours and since refusals are kept.';
