-- Proves a store's stock: versions are dense, each balance is the one before plus its movement, stock rows say what their last movement
-- says, reserved is what orders hold, remainders are what their last step left, what open lots have left is on hand, and what each lot has
-- left is what its entries come to.
--   store   the store's code
--   limit   about so many movements are walked in one call, never twice as many, 1000 to 1 000 000; call it again until complete is true
--   whole   false: movements since the last walk; true: all of them again, from the first that there is
-- Memory is bounded by limit, and so is the time of a call, apart from stock rows that nothing happened to, which take an index look-up
-- each, and open lots, which take three. Of lots that are used up, those are looked at that have moved since; all of them with whole.
-- Nobody is waited for and nobody waits, but a second call for the same store.
-- Returns {success (nothing is open), store, complete, whole, movements, stock_rows, open (findings of the store), findings [{finding, store,
-- sku, kind, version, details, found_at}] (the first hundred)}. Findings stay in stock_findings until repair() settles them, or, of
-- stock rows, until a pass no longer finds them.
-- Raises 22023 for a limit out of range, 22004 or SD006 for the store.
-- Reads: stores, inventory_stock, stock_version_kept, stock_ledger, stock_holds, stock_remainders, stock_remainder_steps, stock_lots,
-- stock_lot_entries, lot_policies.
-- Writes: stock_verifications, stock_verified, stock_lots_verified, stock_findings. Locks: the store's row of stock_verifications.
create or replace function inventory.verify(store text, "limit" integer default 100000, whole boolean default false) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(verify.store);
    v_pass inventory.stock_verifications;
    v_left bigint := verify."limit";
    v_keys bigint[];
    v_batch record;
    v_movements bigint := 0;
    v_rows bigint := 0;
    v_is_complete boolean := false;
    v_open bigint;
begin
    if verify."limit" is null or verify."limit" not between 1000 and 1000000 then
        raise exception 'limit is a number from 1000 to 1000000' using errcode = 'invalid_parameter_value';
    end if;
    insert into inventory.stock_verifications (store_id) values (v_store_id) on conflict do nothing;
    select p.* into v_pass from inventory.stock_verifications as p where p.store_id = v_store_id for update;
    if v_pass.after_product_id is null or verify.whole and not v_pass.is_whole then
        v_pass.after_product_id := -9223372036854775808;
        v_pass.is_whole := coalesce(verify.whole, false);
        v_pass.started_at := clock_timestamp();
    end if;
    loop
        v_keys := inventory._stock_keys_after(v_store_id, v_pass.after_product_id, v_pass.is_whole, 1000);
        if cardinality(v_keys) = 0 then
            v_is_complete := true;
            exit;
        end if;
        exit when v_left < 1000;
        select b.* into v_batch
        from inventory._verify_batch(
            v_store_id, v_keys, case when v_pass.is_whole then v_pass.started_at else '-infinity' end, v_left
        ) as b;
        v_movements := v_movements + v_batch.movements;
        v_left := v_left - v_batch.movements;
        if v_batch.done_with is not null then
            v_rows := v_rows + (select count(*) from unnest(v_keys) as k where k <= v_batch.done_with);
            v_pass.after_product_id := v_batch.done_with;
        end if;
    end loop;
    update inventory.stock_verifications as p set
        after_product_id = case when v_is_complete then null else v_pass.after_product_id end,
        is_whole = v_pass.is_whole, started_at = v_pass.started_at,
        completed_at = case when v_is_complete then clock_timestamp() else p.completed_at end,
        whole_completed_at = case when v_is_complete and v_pass.is_whole then clock_timestamp() else p.whole_completed_at end
    where p.store_id = v_store_id;
    select count(*) into v_open
    from inventory.stock_findings as f
    where f.store_id = v_store_id and f.repaired_at is null and f.gone_at is null;
    return jsonb_build_object(
        'success', v_open = 0, 'store', verify.store, 'complete', v_is_complete, 'whole', v_pass.is_whole, 'movements', v_movements,
        'stock_rows', v_rows, 'open', v_open,
        'findings', (
            select coalesce(jsonb_agg(inventory._finding_json(f) order by f.finding_id), '[]')
            from (
                select o.* from inventory.stock_findings as o
                where o.store_id = v_store_id and o.repaired_at is null and o.gone_at is null
                order by o.finding_id
                limit 100
            ) as f
        )
    );
end
$$;

comment on function inventory.verify(text, integer, boolean) is
    'Proves a store''s stock: movements, stock rows, holds, remainders and lots agree. Walks new movements, a bounded number per call; call it until complete.';
