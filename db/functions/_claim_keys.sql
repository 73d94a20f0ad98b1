-- Claims the keys of a batch, set-based. For functions that do many independent requests in one call; one operation uses _claim().
-- _store_answers() stores what they were answered.
--   in_store_ids, in_scopes, in_keys  one entry per claim; a key that is given twice is claimed for the first entry
-- Keys are inserted in the order of (store_id, scope, key) in COLLATE "C", so that two batches that share keys, in whatever order they
-- give them, wait for each other once and never in a circle.
-- Returns a row per entry: whether it was claimed, else what is stored under the key; nothing stored means that the key is an earlier
-- entry's of this very call.
-- Raises 40001 above READ COMMITTED when a key was used meanwhile.
-- Writes: inventory_deduction_idempotency. Locks: its keys, in order.
create or replace function inventory._claim_keys(in_store_ids bigint[], in_scopes text[], in_keys text[])
returns table (place bigint, is_claimed boolean, request jsonb, result jsonb)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_claimed bigint[];
    v_open bigint[] := array(
        select min(c.place)
        from unnest(in_store_ids, in_scopes, in_keys) with ordinality as c (store_id, scope, key, place)
        group by c.store_id, c.scope, c.key
    );
    v_mine bigint[] := array[]::bigint[];
begin
    loop
        with claimed as (
            insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key)
            select in_store_ids[o.place], in_scopes[o.place], in_keys[o.place]
            from unnest(v_open) as o (place)
            order by in_store_ids[o.place], in_scopes[o.place] collate "C", in_keys[o.place] collate "C"
            on conflict do nothing
            returning store_id, scope, idempotency_key
        )
        select coalesce(array_agg(o.place), '{}') into v_claimed
        from claimed as c
        join unnest(v_open) as o (place)
            on in_store_ids[o.place] = c.store_id and in_scopes[o.place] = c.scope and in_keys[o.place] = c.idempotency_key;
        v_mine := v_mine || v_claimed;
        -- A new snapshot. What was neither claimed nor is there was pruned between the two statements: it is free.
        v_open := array(
            select o.place
            from unnest(v_open) as o (place)
            where o.place <> all (v_claimed) and not exists (
                select from inventory.inventory_deduction_idempotency as i
                where i.store_id = in_store_ids[o.place] and i.scope = in_scopes[o.place] and i.idempotency_key = in_keys[o.place]
            )
        );
        exit when cardinality(v_open) = 0;
    end loop;
    return query
        select c.place, c.place = any (v_mine), i.request, i.result
        from unnest(in_store_ids, in_scopes, in_keys) with ordinality as c (store_id, scope, key, place)
        left join inventory.inventory_deduction_idempotency as i
            on i.store_id = c.store_id and i.scope = c.scope and i.idempotency_key = c.key
        order by c.place;
end
$$;

comment on function inventory._claim_keys(bigint[], text[], text[]) is 'Claims the keys of a batch in one order.';
