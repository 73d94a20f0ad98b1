-- The long way of deduct_inventory_many(): a batch with whatever is in it, recipes, fractions, shortages and duplicates among them. Each
-- request is decided in its turn, in memory; stock rows are locked, and everything is written, once for all of them.
--   in_requests  as deduct_inventory_many() takes them
-- Returns the answers in the order of the requests. Raises what deduct_inventory_atomic() raises, and says of which request.
-- Reads and writes what deduct_inventory_atomic() does.
-- Locks: all idempotency keys in order, then all stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory._deduct_batch(in_requests jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_requests inventory.deduction_request[] := inventory._read_deductions(in_requests);
    v_operations inventory.operation[] := array(select r.operation from unnest(v_requests) with ordinality as r (
        operation, party, expected, lines, number
    ) order by r.number);
    v_keys inventory.batch_key[] := inventory._claim_batch(v_operations);
    -- By request: its answer; or what it does, or the number of the request whose answer it is given again.
    v_answers jsonb[] := array_fill(null::jsonb, array[cardinality(v_requests)]);
    v_does boolean[] := array_fill(false, array[cardinality(v_requests)]);
    v_replays integer[] := array_fill(0, array[cardinality(v_requests)]);
    v_is_used boolean[];
    v_missing jsonb[];
    -- By key of v_keys: the number of the request that was done under it.
    v_owners integer[] := array_fill(0, array[cardinality(v_keys)]);
    -- What requests take, in their order, and the number of the request.
    v_parts inventory.deduction_part[];
    v_part_requests integer[];
    v_part_is_missing boolean[];
    v_demand inventory.deduction_demand[];
    -- By slot: what is left of the stock row, and how many movements it has had.
    v_left inventory.stock_left[];
    v_changes inventory.stock_change[];
    v_change_requests integer[];
    v_movements inventory.stock_movement[];
    v_errors jsonb;
    -- What stands in the way at stock rows of the request, and where the request names them.
    v_blocks jsonb[];
    v_places bigint[];
    v_is_unmade boolean;
    v_key inventory.batch_key;
    v_row inventory.deduction_demand;
    v_compares boolean := exists (select from unnest(v_requests) as r where r.expected is not null);
    v_key_at integer := 1;
    v_row_at integer := 1;
    v_part_at integer := 1;
    v_row_first integer;
    v_part_first integer;
    v_at integer;
begin
    with lines as (
        select r.number::integer as request, (r.operation).store_id, (r.operation).store, l as line, l.line as place
        from unnest(v_requests) with ordinality as r (operation, party, expected, lines, number)
        cross join lateral unnest(r.lines) as l
    ),
    found as materialized (
        select p.*
        from inventory._deduction_parts(
            array(select l.request from lines as l order by l.request, l.place),
            array(select l.store_id from lines as l order by l.request, l.place),
            array(select l.line from lines as l order by l.request, l.place)
        ) as p
    ),
    parts as (
        select
            f.request, p.line, p.place, false as is_missing,
            (p.line, p.product, p.ingredient, p.product_id, p.sku, p.numerator, p.denominator)::inventory.deduction_part as part
        from found as f
        cross join lateral unnest(f.parts) with ordinality as p (
            line, product, ingredient, product_id, sku, numerator, denominator, place
        )
        union all
        -- A product without a recipe and without a stock row, which an earlier request of the batch may make by going below zero.
        select
            l.request, l.place, 0, true,
            (l.place, coalesce(nullif(d.name, ''), d.sku), null, d.product_id, d.sku, (l.line).numerator, (l.line).denominator)::inventory.deduction_part
        from found as f
        cross join lateral jsonb_array_elements(f.missing) as m
        join lines as l on l.request = f.request and l.place = (m.value ->> 'line')::integer
        join inventory.products as d on d.product_id = (l.line).product_id
        join inventory.stores as t on t.store_id = l.store_id
        where m.value ->> 'name' is null and coalesce(d.allow_negative, t.allow_negative)
    )
    select
        (select array_agg(p.request order by p.request, p.line, p.place) from parts as p),
        (select array_agg(p.part order by p.request, p.line, p.place) from parts as p),
        (select array_agg(p.is_missing order by p.request, p.line, p.place) from parts as p),
        (
            select array_agg(f.missing order by n.number)
            from generate_series(1, cardinality(v_requests)) as n (number)
            left join found as f on f.request = n.number
        )
    into v_part_requests, v_parts, v_part_is_missing, v_missing;
    v_demand := coalesce(inventory._demand_of_requests(
        v_part_requests,
        array(select v_operations[n].store_id from unnest(v_part_requests) with ordinality as p (n, place) order by p.place),
        array(select v_operations[n].store from unnest(v_part_requests) with ordinality as p (n, place) order by p.place), v_parts,
        v_part_is_missing
    ), '{}');
    v_left := array(
        select (d.have_numerator, d.have_denominator, d.version)::inventory.stock_left
        from (select distinct on (u.slot) u.* from unnest(v_demand) as u order by u.slot) as d
        order by d.slot
    );
    v_is_used := array(
        select
            exists (
                select from inventory.inventory_deductions as d
                where d.transaction_id = (r.operation).transaction_id and d.store_id = (r.operation).store_id
            )
        from unnest(v_requests) with ordinality as r (operation, party, expected, lines, number)
        order by r.number
    );
    -- Each request is decided in its turn, by what the ones before it left. Nothing is written yet.
    for v_request in 1 .. cardinality(v_requests) loop
        v_errors := null;
        v_row_first := v_row_at;
        v_part_first := v_part_at;
        while v_demand[v_row_at].request = v_request loop
            v_row_at := v_row_at + 1;
        end loop;
        while v_part_requests[v_part_at] = v_request loop
            v_part_at := v_part_at + 1;
        end loop;
        v_at := v_key_at;
        while v_keys[v_key_at].request = v_request loop
            v_key := v_keys[v_key_at];
            v_key_at := v_key_at + 1;
            continue when v_errors is not null or v_answers[v_request] is not null or v_replays[v_request] > 0;
            if v_key.result is not null and v_key.stored = v_operations[v_request].request then
                v_answers[v_request] := inventory._replayed(v_key.result);
            elsif v_key.result is not null then
                v_errors := inventory._key_conflict(v_key.scope, v_key.key, v_key.stored, v_operations[v_request].request);
            elsif v_owners[v_key.id] > 0 then
                if v_operations[v_owners[v_key.id]].request = v_operations[v_request].request then
                    v_replays[v_request] := v_owners[v_key.id];
                else
                    v_errors := inventory._key_conflict(
                        v_key.scope, v_key.key, v_operations[v_owners[v_key.id]].request, v_operations[v_request].request
                    );
                end if;
            end if;
        end loop;
        continue when v_answers[v_request] is not null or v_replays[v_request] > 0;
        if v_errors is null then
            if v_missing[v_request] is not null then
                -- What is still missing when it is this request's turn: no stock row was there, and no earlier request has moved the new one.
                v_errors := inventory._unserved(v_operations[v_request].store, (
                    select jsonb_agg(m.value order by m.place)
                    from jsonb_array_elements(v_missing[v_request]) with ordinality as m (value, place)
                    where m.value ->> 'name' is not null or not exists (
                        select from unnest(v_demand[v_row_first:v_row_at - 1]) as d
                        where d.sku = m.value ->> 'sku' and v_left[d.slot].version > case when d.is_new then d.version else 0 end
                    )
                ));
            end if;
            v_blocks := '{}';
            v_places := '{}';
            for v_place in v_row_first .. v_row_at - 1 loop
                v_row := v_demand[v_place];
                v_is_unmade := v_row.is_new and v_left[v_row.slot].version = v_row.version;
                continue when not v_row.is_short and not v_compares or v_is_unmade and v_row.first_line is null;
                if v_requests[v_request].expected -> v_row.sku <> to_jsonb(v_left[v_row.slot].version) then
                    v_places := v_places || case when v_is_unmade then v_row.first_place else v_row.place end;
                    v_blocks := v_blocks || inventory._version_conflict(
                        v_row.store, v_row.sku, case when v_is_unmade then v_row.first_line else v_row.lines[1] end,
                        format('version %s', v_requests[v_request].expected ->> v_row.sku),
                        format('version %s', v_left[v_row.slot].version), v_left[v_row.slot].version
                    );
                end if;
                if v_row.is_short
                    and v_left[v_row.slot].numerator * v_row.denominator < v_row.numerator * v_left[v_row.slot].denominator
                then
                    v_places := v_places || v_row.place;
                    v_blocks := v_blocks || inventory._insufficient(
                        v_row.store, v_row.product_id, v_row.sku, trim_scale(round(v_row.numerator / v_row.denominator, 9)),
                        trim_scale(round(v_left[v_row.slot].numerator / v_left[v_row.slot].denominator, 9)), v_row.lines,
                        inventory._demand_label(v_parts[v_part_first:v_part_at - 1], v_row.product_id)
                    );
                end if;
            end loop;
            if v_places <> '{}' then
                v_errors := coalesce(v_errors, '[]') || (
                    select jsonb_agg(b.error order by b.place, b.number)
                    from unnest(v_blocks, v_places) with ordinality as b (error, place, number)
                );
            end if;
            if v_errors is null and v_is_used[v_request] then
                v_errors := inventory._used_transaction_id(v_operations[v_request].transaction_id);
            end if;
        end if;
        if v_errors is not null then
            v_answers[v_request] := inventory._refusal(v_operations[v_request], v_errors);
            continue;
        end if;
        v_does[v_request] := true;
        while v_at < v_key_at loop
            v_owners[v_keys[v_at].id] := v_request;
            v_at := v_at + 1;
        end loop;
        for v_place in v_row_first .. v_row_at - 1 loop
            v_row := v_demand[v_place];
            continue when not v_row.is_short and not v_row.is_new and not v_compares;
            v_left[v_row.slot] := inventory._take(v_left[v_row.slot], v_row.numerator, v_row.denominator);
        end loop;
    end loop;
    if true = any (v_does) then
        v_operations := inventory._write_deduction_documents(v_operations, v_requests, v_does, v_part_requests, v_parts);
        select
            array_agg(
                (
                    d.lines[1], d.store_id, d.store, d.product_id, d.sku, 'deduction', -d.numerator, d.denominator,
                    case when d.denominator = 1 and d.numerator <= 9223372036854775807 then -d.numerator end, 0
                )::inventory.stock_change
                order by d.place
            ),
            array_agg(d.request order by d.place)
        into v_changes, v_change_requests
        from unnest(v_demand) with ordinality as d (
            request, slot, store_id, store, product_id, sku, numerator, denominator, lines, have_numerator, have_denominator,
            may_go_below, version, is_short, is_new, named_at, first_line, first_place, place
        )
        where v_does[d.request];
        select a.movements, a.errors into v_movements, v_errors
        from inventory._apply_changes(null, v_changes, v_operations, v_change_requests) as a;
        if v_errors is not null then
            raise exception 'a batch was decided wrongly' using errcode = 'internal_error', detail = v_errors::text;
        end if;
        v_row_at := 1;
        for v_request in 1 .. cardinality(v_requests) loop
            continue when not v_does[v_request];
            v_row_first := v_row_at;
            while v_change_requests[v_row_at] = v_request loop
                v_row_at := v_row_at + 1;
            end loop;
            v_answers[v_request] := inventory._done(v_operations[v_request], v_movements[v_row_first:v_row_at - 1], 'deduction');
        end loop;
    end if;
    for v_request in 1 .. cardinality(v_requests) loop
        continue when v_replays[v_request] = 0;
        v_answers[v_request] := inventory._replayed(v_answers[v_replays[v_request]]);
    end loop;
    perform inventory._finish_deductions(v_operations, v_answers, v_keys, v_owners, v_demand);
    return to_jsonb(v_answers);
end
$$;

comment on function inventory._deduct_batch(jsonb) is 'The long way of a batch of deductions, whatever is in it.';
