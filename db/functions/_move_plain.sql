-- The short way of requests that take plain lines: sales and deductions, one or many at once, of one line or several, of products with
-- recipes or without. Plain is what comes to whole base units and is there. The same effects and answers as _move_stock(), of a deduction
-- as deduct_inventory_atomic()'s own way, of many as _deduct_batch(): all is looked up, locked and decided in one statement, and each table
-- is written by one.
--   in_name, in_kind, in_scope  of the operation, its movements and document (sale or deduction), and its key: its name or 'transaction'
--   in_store_ids .. in_reasons  one entry per request: the store's id, null when there is none that the login may use, and code; the key (a deduction's is its
--                               transaction id); the lines, a JSON array; and the rest. Texts may be null and were checked; in_keys is null
--                               when there are none
--   in_occurred_at              of all of them; null: now
--   in_requests                 in canonical form, for the keys
-- Returns the answers in the order of the requests; null, with nothing done, for whatever is not so simple or not so well: a key or a
-- transaction id that was used or is given twice, an unknown store or sku, a field other than sku, quantity and price, a unit, an ingredient
-- without a mapping, a fraction, a stock row that is missing, short or keeps lots. The block undoes what was done by then, and lets its
-- locks go. tests/system/engine/test_many.py compares it with the long ways.
-- Planned once, and each row found by its index, whatever plan looked cheap when the tables were small: that is what OFFSET 0 is for.
-- Reads: stores, products, recipes, recipe_ingredients, conversion_mappings. Writes: inventory_deduction_idempotency, inventory_stock,
-- stock_ledger, stock_documents, stock_document_lines, inventory_deductions, inventory_deduction_parts.
-- Locks: all keys in order, then all stock rows FOR NO KEY UPDATE in key order.
-- No SET search_path: its callers fix it.
create or replace function inventory._move_plain(
    in_name text, in_kind text, in_scope text, in_store_ids bigint[], in_stores text[], in_keys text[], in_lines jsonb[], in_parties text[],
    in_references text[], in_actors text[], in_correlation_ids text[], in_reasons text[], in_occurred_at timestamptz, in_requests jsonb[]
) returns jsonb[]
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_found record;
    v_parts inventory.plain_part[];
    v_document_ids bigint[];
    v_answers jsonb[];
    v_count integer;
begin
    if in_keys is not null then
        insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key)
        select u.store_id, in_scope, u.key
        from unnest(in_store_ids, in_keys) as u (store_id, key)
        where u.store_id is not null and length(u.key) between 1 and 200
        order by u.store_id, u.key collate "C"
        on conflict do nothing;
        get diagnostics v_count = row_count;
        if v_count <> cardinality(in_keys) then
            raise exception 'not plain' using errcode = 'SDREF';
        end if;
        -- The ids of deductions are looked at when they are written.
        if in_scope = 'transaction' and in_kind <> 'deduction' and exists (
            select from unnest(in_store_ids, in_keys) as u (store_id, key) where inventory._is_deducted(u.store_id, u.key)
        ) then
            raise exception 'not plain' using errcode = 'SDREF';
        end if;
    end if;
    -- From the inside out: the lines; what they take; the stock rows of that, locked in key order; what each has left after each request, or
    -- after each line of a sale, which has a movement of its own (move).
    select
        count(*) filter (where f.place = 1) <= 10000 and bool_and((
            f.is_plain and f.units < 1e11 and not f.keeps_lots and (not f.is_last or f.on_hand >= f.reserved or f.allow_negative)
        ) is true) as is_plain,
        array_agg((
            f.request, f.line, f.place, f.sold_id, f.quantity, f.base_unit, f.price, f.store_id, f.store, f.product_id, f.sku, f.units,
            f.row_place, f.moved, f.on_hand, f.reserved, f.version, f.is_first, f.is_last
        )::inventory.plain_part) as parts
    into v_found
    from (
        select
            k.*, s.row_place, s.reserved, s.allow_negative, s.keeps_lots,
            s.on_hand - inventory._sum(k.units) over running as on_hand, s.version + dense_rank() over running as version,
            inventory._sum(k.units) over (
                partition by k.store_id, k.product_id order by k.request, k.move range between current row and current row
            ) as moved,
            lag(k.request) over running is distinct from k.request or lag(k.move) over running is distinct from k.move as is_first,
            lead(1) over running is null as is_last
        from (
            select
                l.request, l.line, l.store_id, l.store, l.quantity, l.price, p.product_id as sold_id, p.base_unit,
                coalesce(i.place, 1) as place, case in_kind when 'sale' then l.line else 0 end as move,
                case when r.product_id is null then p.product_id else i.product_id end as product_id,
                case when r.product_id is null then l.sku else i.sku end as sku,
                -- least() passes over null, which is a fraction: neither is less than the limit.
                least(
                    -- Null too for what is_plain refuses anyway: it need not fit in a bigint.
                    case when (l.quantity > 0 and l.quantity < 1e15) is not true then null
                        when r.product_id is null then trunc(l.quantity)
                        when l.quantity * i.numerator % (r.yields * i.denominator) = 0
                            then div(l.quantity * i.numerator, r.yields * i.denominator)
                    end, 1e11
                )::bigint as units,
                l.is_line and l.quantity > 0 and l.quantity < 1e15 and l.quantity = trunc(l.quantity)
                    and (not l.has_price or l.price between 0 and 999999999999 and min_scale(l.price) <= 6) as is_plain
            from (
                select
                    r.request, r.store_id, r.store, l.line, l.value ->> 'sku' as sku,
                    case jsonb_typeof(l.value -> 'quantity') when 'number' then (l.value -> 'quantity')::numeric end as quantity,
                    case jsonb_typeof(l.value -> 'price') when 'number' then (l.value -> 'price')::numeric end as price,
                    case jsonb_typeof(l.value) when 'object'
                        then l.value - '{sku,quantity,price}'::text[] = '{}' and jsonb_typeof(l.value -> 'sku') = 'string'
                    end as is_line, l.value ? 'price' as has_price
                from unnest(in_store_ids, in_stores, in_lines) with ordinality as r (store_id, store, lines, request)
                cross join lateral jsonb_array_elements(r.lines) with ordinality as l (value, line)
                offset 0
            ) as l
            left join lateral (
                select p.product_id, p.base_unit from inventory.products as p where p.sku = l.sku offset 0
            ) as p on true
            left join lateral (
                select r.product_id, r.yields::numeric as yields
                from inventory.recipes as r
                where in_kind = 'deduction' and r.product_id = p.product_id
                offset 0
            ) as r on true
            left join lateral (
                select i.place, m.product_id, k.sku, i.quantity * m.numerator as numerator, m.denominator
                from inventory.recipe_ingredients as i
                left join lateral (
                    select m.product_id, m.numerator, m.denominator
                    from inventory.conversion_mappings as m
                    where m.store_id = l.store_id and m.recipe_ingredient_name = i.ingredient_name
                        and m.recipe_ingredient_unit = i.ingredient_unit
                    offset 0
                ) as m on true
                left join lateral (select k.sku from inventory.products as k where k.product_id = m.product_id offset 0) as k on true
                where i.product_id = r.product_id
                offset 0
            ) as i on true
            order by store_id, product_id, request, move, line, place
        ) as k
        left join lateral (
            select s.ctid as row_place, s.on_hand, s.reserved, s.version, s.allow_negative, s.keeps_lots
            from inventory.inventory_stock as s
            where s.store_id = k.store_id and s.product_id = k.product_id
            for no key update
        ) as s on true
        window running as (partition by k.store_id, k.product_id order by k.request, k.move)
        order by k.request, k.line, k.place
    ) as f;
    if v_found.is_plain is not true then
        raise exception 'not plain' using errcode = 'SDREF';
    end if;
    v_parts := v_found.parts;
    -- A row that is locked is still where it was, and this statement's snapshot sees what the lock waited for.
    update inventory.inventory_stock as s set on_hand = m.on_hand, version = m.version, updated_at = clock_timestamp()
    from unnest(v_parts) as m
    where m.is_last and s.ctid = m.row_place;
    with documents as (
        insert into inventory.stock_documents (store_id, kind, reference, party, reason, actor, correlation_id, occurred_at)
        select
            d.store_id, in_kind, d.reference, d.party, d.reason, coalesce(d.actor, session_user), d.correlation_id,
            coalesce(in_occurred_at, now())
        from unnest(in_store_ids, in_references, in_parties, in_reasons, in_actors, in_correlation_ids) with ordinality as d (
            store_id, reference, party, reason, actor, correlation_id, place
        )
        order by d.place
        returning document_id
    )
    select array_agg(d.document_id order by d.document_id) into v_document_ids from documents as d;
    insert into inventory.stock_document_lines (
        document_id, line, product_id, quantity, unit, numerator, denominator, price, version
    )
    select
        v_document_ids[l.request], l.line, l.sold_id, l.quantity, l.base_unit, trunc(l.quantity), 1, l.price,
        case in_kind when 'sale' then l.version end
    from unnest(v_parts) as l
    where l.place = 1;
    if in_kind = 'deduction' then
        insert into inventory.inventory_deductions (transaction_id, store_id, document_id)
        select d.transaction_id, d.store_id, d.document_id
        from unnest(in_keys, in_store_ids, v_document_ids) as d (transaction_id, store_id, document_id)
        on conflict do nothing;
        get diagnostics v_count = row_count;
        if v_count <> cardinality(in_keys) then
            raise exception 'not plain' using errcode = 'SDREF';
        end if;
        insert into inventory.inventory_deduction_parts (document_id, line, product_id, numerator, denominator)
        select v_document_ids[p.request], p.line, p.product_id, sum(p.units), 1
        from unnest(v_parts) as p
        group by p.request, p.line, p.product_id;
    end if;
    perform inventory._write_plain_movements(v_document_ids, v_parts);
    -- As text, which is read in less than half the time that the functions for building jsonb take.
    v_answers := array(
        select
            format(
                '{"success": true, "replayed": false, "operation": "%s", "store": %s, "errors": [], "movements": [%s], "ticket": "%s", '
                    '"document": {"id": %s, "kind": "%s", "reference": %s}}',
                in_name, to_json(in_stores[m.request]),
                string_agg(
                    format(
                        '{"line": %s, "store": %s, "sku": %s, "kind": "%s", "on_hand_delta": -%s, "reserved_delta": 0, "on_hand": %s, '
                            '"reserved": %s, "available": %s, "version": %s}',
                        m.line, to_json(m.store), to_json(m.sku), in_kind, m.moved, m.on_hand, m.reserved, m.on_hand - m.reserved,
                        m.version
                    ),
                    ', ' order by m.number
                ),
                pg_current_xact_id(), v_document_ids[m.request], in_kind, coalesce(to_json(in_references[m.request])::text, 'null')
            )::jsonb
        from unnest(v_parts) with ordinality as m (
            request, line, place, sold_id, quantity, base_unit, price, store_id, store, product_id, sku, units, row_place, moved, on_hand,
            reserved, version, is_first, is_last, number
        )
        where m.is_first
        group by m.request
        order by m.request
    );
    if in_keys is not null then
        insert into inventory.inventory_deduction_idempotency as i (store_id, scope, idempotency_key, request, result)
        select k.store_id, in_scope, k.key, k.request, k.answer
        from unnest(in_store_ids, in_keys, in_requests, v_answers) as k (store_id, key, request, answer)
        on conflict (store_id, scope, idempotency_key) do update set request = excluded.request, result = excluded.result;
    end if;
    return v_answers;
exception when sqlstate 'SDREF' or numeric_value_out_of_range then
    -- The long way says whose balance would be out of range.
    return null;
end
$$;

comment on function inventory._move_plain(
    text, text, text, bigint[], text[], text[], jsonb[], text[], text[], text[], text[], text[], timestamptz, jsonb[]
) is 'The short way of sales and deductions of plain lines, one or many; null, with nothing done, when it is not so simple.';

-- One request, with the arguments of its operation.
--   in_name, in_kind  of the operation, its movements and document
-- Returns its answer; null, with nothing done, when it is not so simple.
-- No SET search_path: its callers fix it.
create or replace function inventory._move_lines(
    in_name text, in_kind text, in_store text, in_lines jsonb, in_party text, in_reference text, in_actor text, in_occurred_at timestamptz,
    in_idempotency_key text, in_correlation_id text, in_reason text, in_transaction_id text
) returns jsonb
language plpgsql volatile
as $$
declare
    v_key text := coalesce(in_idempotency_key, in_transaction_id);
begin
    if jsonb_typeof(in_lines) is distinct from 'array' or in_store is null or not inventory._is_plain(
        in_idempotency_key, in_transaction_id, in_occurred_at,
        concat(in_reference, in_reason, in_actor, in_correlation_id, in_idempotency_key, in_transaction_id, in_party)
    ) then
        return null;
    end if;
    return (inventory._move_plain(
        in_name, in_kind, case when in_idempotency_key is null then 'transaction' else in_name end,
        array[(
            select t.store_id from inventory.stores as t
            where t.code = in_store and (not exists (select from inventory.store_access as a where a.login = session_user) or inventory._may_use(t.store_id))
        )], array[in_store],
        case when v_key is not null then array[v_key] end, array[in_lines], array[in_party], array[in_reference], array[in_actor],
        array[in_correlation_id], array[in_reason], in_occurred_at,
        array[inventory._request(
            jsonb_build_object('lines', in_lines, 'party', in_party)
                || case in_kind when 'deduction' then '{"operation": "deduct_inventory_atomic"}' else '{}' end::jsonb,
            in_reference, in_reason, in_actor, in_transaction_id, in_occurred_at
        )]
    ))[1];
end
$$;

comment on function inventory._move_lines(
    text, text, text, jsonb, text, text, text, timestamptz, text, text, text, text
) is 'The short way of a sale or a deduction of plain lines; null, with nothing done, when it is not so simple.';

-- A batch of deductions: texts that are not too long, no second key, no versions, no time.
-- Returns its answers; null, with nothing done, when it is not so simple.
create or replace function inventory._deduct_plain(in_requests jsonb) returns jsonb
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
            jsonb_typeof(r.value) = 'object' and jsonb_typeof(r.value -> 'lines') = 'array' and jsonb_array_length(r.value -> 'lines') > 0
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
        array_agg((
            select t.store_id from inventory.stores as t
            where t.code = r.value ->> 'store' and (not exists (select from inventory.store_access as a where a.login = session_user) or inventory._may_use(t.store_id))
        )) as store_ids,
        array_agg(r.value ->> 'store') as stores, array_agg(r.value ->> 'transaction_id') as transaction_ids,
        array_agg(r.value -> 'lines') as lines, array_agg(r.value ->> 'reference') as refs, array_agg(r.value ->> 'actor') as actors,
        array_agg(r.value ->> 'correlation_id') as correlation_ids, array_agg(r.value ->> 'reason') as reasons,
        array_agg(r.value ->> 'party') as parties,
        array_agg(case when jsonb_typeof(r.value) = 'object' then
            r.value - '{store,correlation_id}'::text[] || '{"operation": "deduct_inventory_atomic"}'
        end) as requests
    into v_read
    from (
        select a.value from jsonb_array_elements(in_requests) with ordinality as a (value, place) order by a.place
    ) as r;
    if v_read.is_plain is not true then
        return null;
    end if;
    return to_jsonb(inventory._move_plain(
        'deduct_inventory_atomic', 'deduction', 'transaction', v_read.store_ids, v_read.stores, v_read.transaction_ids, v_read.lines, v_read.parties,
        v_read.refs, v_read.actors, v_read.correlation_ids, v_read.reasons, null, v_read.requests
    ));
end
$$;

comment on function inventory._deduct_plain(jsonb) is
    'The short way of a batch of deductions of plain lines; null, with nothing done, when it is not so simple.';
