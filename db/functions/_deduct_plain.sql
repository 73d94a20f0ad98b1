-- The short way of a batch of deductions, set-based: each is one line of whole base units of a product without a recipe, and there is
-- enough for all of them together. The same effects and answers as _deduct_batch(), in three statements for all.
--   in_stores .. in_parties  one entry per request: the store's code, the transaction id, what is taken in base units, and the rest of the
--                            request; prices and texts may be null and were checked
--   in_occurred_at           of all of them; null: now
--   in_requests              in canonical form, for the keys; null: what the other arguments say
-- Returns the answers in the order of the requests; null, with nothing done, for whatever is not so simple or not so well: a transaction id
-- that was used or is given twice, an unknown store or sku, a recipe, a fraction, a stock row that is missing,
-- short or keeps lots. The block undoes
-- what was done by then, and lets its locks go.
-- Everything is found by index and planned once, as in _deduction_parts().
-- Reads: stores, products, recipes. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger,
-- stock_documents, stock_document_lines, inventory_deductions, inventory_deduction_parts.
-- Locks: all keys in order, then all stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory._deduct_plain(
    in_stores text[], in_transaction_ids text[], in_skus text[], in_quantities numeric[], in_prices numeric[], in_references text[],
    in_actors text[], in_correlation_ids text[], in_reasons text[], in_parties text[], in_occurred_at timestamptz, in_requests jsonb[]
) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
    v_occurred_at timestamptz := coalesce(in_occurred_at, now());
    v_ticket text := pg_current_xact_id();
    v_count integer;
    v_done record;
begin
    insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key)
    select t.store_id, 'transaction', u.transaction_id
    from unnest(in_stores, in_transaction_ids) as u (store, transaction_id)
    join inventory.stores as t on t.code = u.store
    where length(u.transaction_id) between 1 and 200
        and (not exists (select from inventory.store_access as a where a.login = session_user) or inventory._may_use(t.store_id))
    order by t.store_id, u.transaction_id collate "C"
    on conflict do nothing;
    get diagnostics v_count = row_count;
    if v_count <> cardinality(in_stores) then
        raise exception 'not plain' using errcode = 'SDREF';
    end if;
    -- A row that was deleted meanwhile is missing below.
    perform
    from (
        select distinct t.store_id, p.product_id
        from unnest(in_stores, in_skus) as u (store, sku)
        join inventory.stores as t on t.code = u.store
        join inventory.products as p on p.sku = u.sku
    ) as k
    join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
    order by s.store_id, s.product_id
    for no key update of s;
    with found as (
        select
            u.*, t.store_id, p.product_id, p.base_unit, s.reserved,
            s.on_hand - inventory._sum(u.quantity::bigint) over running as on_hand,
            s.version + row_number() over running as version, s.allow_negative
        from unnest(
            in_stores, in_transaction_ids, in_skus, in_quantities, in_prices, in_references, in_actors, in_correlation_ids, in_reasons,
            in_parties, in_requests
        ) with ordinality as u (
            store, transaction_id, sku, quantity, price, reference, actor, correlation_id, reason, party, request, place
        )
        join inventory.stores as t on t.code = u.store
        join inventory.products as p on p.sku = u.sku
        join inventory.inventory_stock as s on s.store_id = t.store_id and s.product_id = p.product_id
        where u.quantity > 0 and u.quantity < 1e15 and u.quantity = trunc(u.quantity) and p.base_unit not in ('box', 'pack') and not s.keeps_lots
            and not exists (select from inventory.recipes as r where r.product_id = p.product_id)
        window running as (partition by s.store_id, s.product_id order by u.place)
    ),
    numbered as materialized (
        select f.*, nextval('inventory.stock_documents_document_id_seq') as document_id
        from (select * from found as o order by o.place) as f
    ),
    done as materialized (
        select
            n.*,
            format(
                '{"success": true, "replayed": false, "operation": "deduct_inventory_atomic", "store": %s, "errors": [], '
                    '"movements": [{"line": 1, "store": %1$s, "sku": %s, "kind": "deduction", "on_hand_delta": -%s, '
                    '"reserved_delta": 0, "on_hand": %s, "reserved": %s, "available": %s, "version": %s}], "ticket": "%s", '
                    '"document": {"id": %s, "kind": "deduction", "reference": %s}}',
                to_json(n.store), to_json(n.sku), trunc(n.quantity), n.on_hand, n.reserved, n.on_hand - n.reserved, n.version,
                v_ticket, n.document_id, coalesce(to_json(n.reference)::text, 'null')
            )::jsonb as answer
        from numbered as n
    ),
    moved as (
        update inventory.inventory_stock as s set on_hand = l.on_hand, version = l.version, updated_at = clock_timestamp()
        from (
            select distinct on (d.store_id, d.product_id) d.store_id, d.product_id, d.on_hand, d.version
            from done as d
            order by d.store_id, d.product_id, d.version desc
        ) as l
        where s.store_id = l.store_id and s.product_id = l.product_id and (l.on_hand >= s.reserved or s.allow_negative)
    ),
    documents as (
        insert into inventory.stock_documents (
            document_id, store_id, kind, reference, party, reason, actor, correlation_id, occurred_at
        )
        overriding system value
        select
            d.document_id, d.store_id, 'deduction', d.reference, d.party, d.reason, coalesce(d.actor, session_user),
            d.correlation_id, v_occurred_at
        from done as d
    ),
    lines as (
        insert into inventory.stock_document_lines (document_id, line, product_id, quantity, unit, numerator, denominator, price)
        select d.document_id, 1, d.product_id, d.quantity, d.base_unit, trunc(d.quantity), 1, d.price from done as d
    ),
    deductions as (
        insert into inventory.inventory_deductions (transaction_id, store_id, document_id)
        select d.transaction_id, d.store_id, d.document_id from done as d
        on conflict do nothing
        returning document_id
    ),
    parts as (
        insert into inventory.inventory_deduction_parts (document_id, line, product_id, numerator, denominator)
        select d.document_id, 1, d.product_id, trunc(d.quantity), 1 from done as d
    ),
    kept as (
        update inventory.inventory_deduction_idempotency as i set
            request = coalesce(d.request, jsonb_strip_nulls(jsonb_build_object(
                'operation', 'deduct_inventory_atomic', 'transaction_id', d.transaction_id,
                'lines', jsonb_build_array(jsonb_build_object('sku', d.sku, 'quantity', d.quantity)),
                'reference', d.reference, 'actor', d.actor, 'reason', d.reason, 'occurred_at', timezone('UTC', in_occurred_at)
            ))),
            result = d.answer
        from done as d
        where i.store_id = d.store_id and i.scope = 'transaction' and i.idempotency_key = d.transaction_id
    )
    select
        (select count(*) from deductions) as count, bool_or(d.on_hand < d.reserved and not d.allow_negative) as is_short, jsonb_agg(d.answer) as answers, array_agg(d.store_id) as store_ids,
        array_agg(d.product_id) as product_ids, array_agg(-d.quantity::bigint) as deltas, array_agg(d.on_hand) as on_hands,
        array_agg(d.reserved) as reserveds, array_agg(d.version) as versions, array_agg(d.document_id) as document_ids
    into v_done
    from done as d;
    if v_done.count <> cardinality(in_stores) or v_done.is_short then
        raise exception 'not plain' using errcode = 'SDREF';
    end if;
    perform inventory._write_deductions(
        v_done.store_ids, v_done.product_ids, v_done.deltas, v_done.on_hands, v_done.reserveds, v_done.versions, in_reasons,
        in_references, in_actors, in_correlation_ids, v_done.document_ids, v_occurred_at
    );
    return v_done.answers;
exception when sqlstate 'SDREF' then
    return null;
end
$$;

comment on function inventory._deduct_plain(
    text[], text[], text[], numeric[], numeric[], text[], text[], text[], text[], text[], timestamptz, jsonb[]
) is 'The short way of a batch of deductions of one plain line each; null, with nothing done, when it is not so simple.';

-- Reads a batch whose requests are all plain: one line of nothing but sku, quantity and price, texts that are not too long, no second key,
-- no versions, no time.
-- Returns its answers; null, with nothing done, when it is not so simple.
create or replace function inventory._deduct_plain_requests(in_requests jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    v_read record;
begin
    if jsonb_typeof(in_requests) is distinct from 'array' or jsonb_array_length(in_requests) not between 1 and 1000
        or not inventory._is_plain(null, null, null, '')
    then
        return null;
    end if;
    select
        bool_and(
            jsonb_typeof(r.value) = 'object' and jsonb_typeof(r.value -> 'lines') = 'array' and jsonb_array_length(r.lines) = 1
            and jsonb_typeof(r.line) = 'object' and r.line - '{sku,quantity,price}'::text[] = '{}'
            and jsonb_typeof(r.line -> 'sku') = 'string' and r.quantity is not null
            and (r.line -> 'price' is null or r.price between 0 and 999999999999 and min_scale(r.price) <= 6)
            and jsonb_typeof(r.value -> 'store') = 'string' and jsonb_typeof(r.value -> 'transaction_id') = 'string'
            and not exists (
                select from jsonb_each(r.value - '{store,transaction_id,lines}'::text[]) as e
                where e.key not in ('reference', 'actor', 'correlation_id', 'reason', 'party') or jsonb_typeof(e.value) <> 'string'
            )
            and length(concat(
                r.value ->> 'transaction_id', r.value ->> 'reference', r.value ->> 'actor', r.value ->> 'correlation_id',
                r.value ->> 'reason', r.value ->> 'party'
            )) <= 200
        ) as is_plain,
        array_agg(r.value ->> 'store') as stores, array_agg(r.value ->> 'transaction_id') as transaction_ids,
        array_agg(r.line ->> 'sku') as skus, array_agg(r.quantity) as quantities, array_agg(r.price) as prices,
        array_agg(r.value ->> 'reference') as refs, array_agg(r.value ->> 'actor') as actors,
        array_agg(r.value ->> 'correlation_id') as correlation_ids, array_agg(r.value ->> 'reason') as reasons,
        array_agg(r.value ->> 'party') as parties,
        array_agg(case when jsonb_typeof(r.value) = 'object' then
            r.value - '{store,correlation_id}'::text[] || '{"operation": "deduct_inventory_atomic"}'
        end) as requests
    into v_read
    from (
        select
            a.value, l.lines, l.lines -> 0 as line,
            case jsonb_typeof(l.lines -> 0 -> 'quantity') when 'number' then (l.lines -> 0 -> 'quantity')::numeric end as quantity,
            case jsonb_typeof(l.lines -> 0 -> 'price') when 'number' then (l.lines -> 0 -> 'price')::numeric end as price
        from jsonb_array_elements(in_requests) with ordinality as a (value, place)
        cross join lateral (
            select case jsonb_typeof(a.value -> 'lines') when 'array' then a.value -> 'lines' end as lines
        ) as l
        order by a.place
    ) as r;
    if v_read.is_plain is not true then
        return null;
    end if;
    return inventory._deduct_plain(
        v_read.stores, v_read.transaction_ids, v_read.skus, v_read.quantities, v_read.prices, v_read.refs, v_read.actors,
        v_read.correlation_ids, v_read.reasons, v_read.parties, null, v_read.requests
    );
end
$$;

comment on function inventory._deduct_plain_requests(jsonb) is
    'Does a batch of deductions whose requests are all plain; null, with nothing done, when it is not so simple.';
