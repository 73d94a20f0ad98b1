-- The first answer of a batch of queued deductions that took a stock row below zero although the row might not go there when the
-- transaction was queued, or was not one that it would have taken from then: a mapping may change. What the row allows by now does not
-- count. What has expired is not there, as for every sale: no sale takes of it, so it is after the batch what it was before.
--   in_ids      the transactions, in order
--   in_answers  the answers of deduct_inventory_many(), in the same order
-- Returns its place, from 1, and the errors it has instead; no row when there is none. Reads: offline_transaction_queue, products,
-- inventory_stock, stock_lots.
create or replace function inventory._against_policy(in_store text, in_ids bigint[], in_answers jsonb)
returns table (place integer, errors jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    return query
    with moved as materialized (
        select
            i.place::integer as place, m.place as part, q.store_id, p.product_id, p.sku, (m.value ->> 'line')::integer as line,
            (m.value ->> 'on_hand_delta')::numeric as on_hand_delta, (m.value ->> 'available')::numeric as available
        from unnest(in_ids) with ordinality as i (queue_id, place)
        join inventory.offline_transaction_queue as q on q.queue_id = i.queue_id
        cross join lateral jsonb_array_elements(in_answers -> (i.place::integer - 1) -> 'movements') with ordinality as m (value, place)
        join inventory.products as p on p.sku = m.value ->> 'sku'
        where in_answers -> (i.place::integer - 1) -> 'replayed' = 'false' and q.policy -> (m.value ->> 'sku') is distinct from 'true'
    ),
    expired as materialized (
        select s.store_id, s.product_id, inventory._expired_units(s.store_id, s.product_id) as units
        from (select distinct m.store_id, m.product_id from moved as m) as k
        join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
        where s.keeps_lots
    )
    select m.place, jsonb_agg(
        inventory._insufficient(
            in_store, m.product_id, m.sku, -m.on_hand_delta, m.available - coalesce(e.units, 0) - m.on_hand_delta, array[m.line]
        ) || '{"hint": "It might not go below zero when this was queued; approve_transaction() goes by what it may now."}'
        order by m.part
    )
    from moved as m
    left join expired as e on e.store_id = m.store_id and e.product_id = m.product_id
    where m.available - coalesce(e.units, 0) < 0
    group by m.place
    order by m.place
    limit 1;
end
$$;

comment on function inventory._against_policy(text, bigint[], jsonb) is
    'The first of a batch of queued deductions that went below zero where that was not allowed when it was queued.';
