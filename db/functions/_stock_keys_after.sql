-- The products that a store has stock rows, kept versions or, for a whole pass, movements of, in their order.
--   in_after  products after this one;  in_limit  so many
-- Reads: inventory_stock, stock_version_kept, stock_ledger, of which it skips from key to key by the index.
create or replace function inventory._stock_keys_after(in_store_id bigint, in_after bigint, in_whole boolean, in_limit integer) returns bigint[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_keys bigint[];
    v_end bigint;
    v_key bigint := in_after;
begin
    v_keys := array(
        select k.product_id
        from (
            (select s.product_id from inventory.inventory_stock as s
            where s.store_id = in_store_id and s.product_id > in_after order by s.product_id limit in_limit)
            union
            (select v.product_id from inventory.stock_version_kept as v
            where v.store_id = in_store_id and v.product_id > in_after order by v.product_id limit in_limit)
        ) as k
        order by k.product_id
        limit in_limit
    );
    if not in_whole then
        return v_keys;
    end if;
    -- Movements whose stock row and kept version are gone, up to the last of these keys.
    v_end := case when cardinality(v_keys) = in_limit then v_keys[in_limit] else 9223372036854775807 end;
    for v_round in 1..in_limit loop
        v_key := (
            select l.product_id from inventory.stock_ledger as l
            where l.store_id = in_store_id and l.product_id > v_key and l.product_id <= v_end
            order by l.product_id
            limit 1
        );
        exit when v_key is null;
        if v_key <> all (v_keys) then
            v_keys := v_keys || v_key;
        end if;
    end loop;
    return array(select u from unnest(v_keys) as u order by u limit in_limit);
end
$$;

comment on function inventory._stock_keys_after(bigint, bigint, boolean, integer) is
    'The products that a store has stock rows, kept versions or movements of, in their order.';
