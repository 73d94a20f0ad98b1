-- The first answer of a batch of queued deductions that took a stock row below zero although the row might not go there when the
-- transaction was queued. What the row allows by now does not count.
--   in_ids      the transactions, in order
--   in_answers  the answers of deduct_inventory_many(), in the same order
-- Returns its place, from 1, and the errors it has instead; no row when there is none. Reads: offline_transaction_queue, products.
create or replace function inventory._against_policy(in_store text, in_ids bigint[], in_answers jsonb)
returns table (place integer, errors jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    return query
    select i.place::integer, jsonb_agg(
        inventory._insufficient(
            in_store, p.product_id, m.value ->> 'sku', -(m.value ->> 'on_hand_delta')::numeric,
            (m.value ->> 'available')::numeric - (m.value ->> 'on_hand_delta')::numeric, array[(m.value ->> 'line')::integer]
        ) || '{"hint": "It might not go below zero when this was queued; approve_transaction() goes by what it may now."}'
        order by m.place
    )
    from unnest(in_ids) with ordinality as i (queue_id, place)
    join inventory.offline_transaction_queue as q on q.queue_id = i.queue_id
    cross join lateral jsonb_array_elements(in_answers -> (i.place::integer - 1) -> 'movements') with ordinality as m (value, place)
    join inventory.products as p on p.sku = m.value ->> 'sku'
    where in_answers -> (i.place::integer - 1) -> 'replayed' = 'false'
        and q.policy -> (m.value ->> 'sku') = 'false' and (m.value ->> 'available')::bigint < 0
    group by i.place
    order by i.place
    limit 1;
end
$$;

comment on function inventory._against_policy(text, bigint[], jsonb) is
    'The first of a batch of queued deductions that went below zero where that was not allowed when it was queued.';
