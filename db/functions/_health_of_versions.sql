-- Health: does every change of stock get its version and its movement, and do they agree?
-- Reads: stores, inventory_stock, stock_findings, stock_verifications, the catalog's triggers.
create or replace function inventory._health_of_versions(in_store_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_missing text;
    v_open bigint;
    v_verified_at timestamptz;
    v_is_old boolean;
begin
    -- By function, wherever in the tree of partitions it hangs.
    select string_agg(n.name, ', ' order by n.name) into v_missing
    from unnest(array[
        'inventory_stock_before_insert', 'inventory_stock_before_update', 'inventory_stock_before_delete', 'inventory_stock_after_insert',
        'inventory_stock_after_update', 'inventory_stock_after_delete', 'inventory_stock_after_key_change',
        'inventory_stock_before_truncate', 'stock_ledger_after_insert', 'history_append_only'
    ]) as n (name)
    where not exists (
        select from pg_trigger as t
        join pg_proc as p on p.oid = t.tgfoid and p.proname = n.name and p.pronamespace = 'inventory'::regnamespace
        where t.tgenabled = 'A'
    ) or exists (
        select from pg_trigger as t
        join pg_proc as p on p.oid = t.tgfoid and p.proname = n.name and p.pronamespace = 'inventory'::regnamespace
        where t.tgenabled <> 'A'
    );
    select count(*) into v_open
    from inventory.stock_findings as f
    where f.store_id = in_store_id and f.repaired_at is null and f.gone_at is null;
    select max(v.completed_at) into v_verified_at from inventory.stock_verifications as v where v.store_id = in_store_id;
    v_is_old := coalesce(v_verified_at, (select t.created_at from inventory.stores as t where t.store_id = in_store_id))
        < now() - interval '7 days'
        and exists (select from inventory.inventory_stock as s where s.store_id = in_store_id and s.version > 0);
    return inventory._health_check(
        'Version column status',
        case
            when v_missing is not null then format('Changes of stock may go unrecorded: %s is missing or disabled.', v_missing)
            when v_open > 0 then format('verify() found %s contradictions that are not repaired.', v_open)
        end,
        case when v_is_old then 'verify() has not gone through this store for 7 days.' end,
        'Every change gets the next version and a movement.',
        'Critical: a capture trigger is missing or disabled, or a finding of verify() is open. Warning: no complete verify() for 7 days.',
        jsonb_build_object('open_findings', v_open, 'verified_at', v_verified_at, 'missing', v_missing)
    );
end
$$;

comment on function inventory._health_of_versions(bigint) is 'Health: versions, capture, and what verify() found.';
