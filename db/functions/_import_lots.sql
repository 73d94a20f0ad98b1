-- Receives the lots that this transaction put into import_staging: lines of the same store, reference, actor and time are one purchase,
-- received by receive_purchase() in the order of the file. What cannot be received is refused line by line, and the rest is received.
--   in_run        the file's run that this is, as _begin_import said
--   in_source_id  null: lines are known by file and number; else by their line_id within this source
-- Returns {"applied": n, "already": n, "rejected": [[line, reason], ...]}. The caller commits, and with it the record of what was applied.
-- Raises 55000 when another run of the file has begun, 40001 when another transaction was first.
-- Reads and empties import_staging; reads stores, products; writes import_batches, import_line_ids, and what receive_purchase() writes.
-- Locks: the file's imports row FOR SHARE, ids in order, then all stock rows by (store_id, product_id), made where they are missing.
create or replace function inventory._import_lots(in_import_id bigint, in_run bigint, in_source_id bigint) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_xid xid8 := pg_current_xact_id();
    v_stretch int8range;
    v_already bigint;
    v_bad_lines bigint[];
    v_bad_reasons text[];
    v_refused_lines bigint[] := '{}';
    v_keys inventory.stock_key[];
    v_made inventory.stock_key[];
    v_purchase record;
    v_refused record;
begin
    -- Before anything of other stores is locked.
    select
        coalesce(array_agg(i.line), '{}'),
        coalesce(array_agg(format('the login "%s" may not use the store "%s"', session_user, t.code)), '{}')
    into v_bad_lines, v_bad_reasons
    from inventory.import_staging as i
    left join inventory.stores as t on t.store_id = i.store_id
    where i.xid = v_xid and inventory._own_stores() is not null and not inventory._may_use(i.store_id);
    if cardinality(v_bad_lines) > 0 then
        perform inventory._take_back_lines(v_bad_lines, null);
    end if;
    select int8range(min(i.line), max(i.line), '[]') into v_stretch from inventory.import_staging as i where i.xid = v_xid;
    select d.already, v_bad_lines || d.bad_lines, v_bad_reasons || d.bad_reasons into v_already, v_bad_lines, v_bad_reasons
    from inventory._drop_applied_lines(in_import_id, in_run, in_source_id, v_stretch) as d;
    -- All of them, and those that are missing made, before the first purchase: purchases name them in any order.
    v_keys := array(
        select (k.store_id, k.product_id)::inventory.stock_key
        from (select distinct i.store_id, i.product_id from inventory.import_staging as i where i.xid = v_xid) as k
    );
    v_made := inventory._lock_stock_rows(v_keys);
    for v_purchase in
        select
            t.code as store, l.reference, l.actor, l.occurred_at, array_agg(l.line order by l.line) as numbers,
            array_agg(l.body order by l.line) as lines
        from (
            select
                i.store_id, i.line, i.reference, i.actor, i.occurred_at,
                -- A purchase has at most 10 000 lines.
                (row_number() over (partition by i.store_id, i.reference, i.actor, i.occurred_at order by i.line) - 1) / 10000 as part,
                jsonb_strip_nulls(jsonb_build_object(
                    'sku', p.sku, 'quantity', i.amount, 'unit', i.unit, 'unit_cost', i.unit_cost, 'lot', i.lot, 'expires_on', i.expires_on
                )) as body
            from inventory.import_staging as i
            left join inventory.products as p on p.product_id = i.product_id
            where i.xid = v_xid
        ) as l
        left join inventory.stores as t on t.store_id = l.store_id
        group by l.store_id, t.code, l.reference, l.actor, l.occurred_at, l.part
        order by min(l.line)
    loop
        select r.lines, r.reasons into v_refused
        from inventory._receive_lots(
            v_purchase.store, v_purchase.numbers, v_purchase.lines, v_purchase.reference, v_purchase.actor, v_purchase.occurred_at
        ) as r;
        v_refused_lines := v_refused_lines || v_refused.lines;
        v_bad_reasons := v_bad_reasons || v_refused.reasons;
        v_bad_lines := v_bad_lines || v_refused.lines;
    end loop;
    if cardinality(v_refused_lines) > 0 then
        perform inventory._take_back_lines(v_refused_lines, in_source_id);
        perform inventory._drop_unmoved_stock_rows(v_made);
    end if;
    return jsonb_build_object(
        'applied', inventory._finish_batch(in_import_id), 'already', v_already,
        'rejected', inventory._rejected_lines(v_bad_lines, v_bad_reasons)
    );
end
$$;

comment on function inventory._import_lots(bigint, bigint, bigint) is
    'For stockctl import: receives the staged lots and says which were refused.';

-- Receives a purchase without those of its lines that are wrong by themselves. What is refused only as a whole is halved, so that the line
-- that is to blame is found; the halves of such a purchase are documents of their own.
--   in_numbers  of the lines in the file, for the answer;  in_lines  as receive_purchase() takes them
--   out lines   the numbers of the lines that are refused, with the reasons
-- Raises what is no line's fault: 40001, 40P01, 55P03, ...
create or replace function inventory._receive_lots(
    in_store text, in_numbers bigint[], in_lines jsonb[], in_reference text, in_actor text, in_occurred_at timestamptz,
    out lines bigint[], out reasons text[]
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer := cardinality(in_numbers);
    v_from integer[] := array[1, v_count / 2 + 1];
    v_to integer[] := array[v_count / 2, v_count];
    v_good integer[] := '{}';
    v_reason text := inventory._try_purchase(in_store, in_lines, in_reference, in_actor, in_occurred_at);
    v_line_reason text;
    v_rest record;
begin
    lines := '{}';
    reasons := '{}';
    if v_reason is null then
        return;
    end if;
    for v_place in 1..v_count loop
        v_line_reason := inventory._why_no_lot(in_lines[v_place]);
        if v_line_reason is null then
            v_good := v_good || v_place;
        else
            lines := lines || in_numbers[v_place];
            reasons := reasons || v_line_reason;
        end if;
    end loop;
    if cardinality(v_good) < v_count and cardinality(v_good) > 0 then
        select r.lines, r.reasons into v_rest
        from inventory._receive_lots(
            in_store, array(select in_numbers[g] from unnest(v_good) as g), array(select in_lines[g] from unnest(v_good) as g),
            in_reference, in_actor, in_occurred_at
        ) as r;
        lines := lines || v_rest.lines;
        reasons := reasons || v_rest.reasons;
    elsif cardinality(v_good) = 1 then
        lines := in_numbers;
        reasons := array[v_reason];
    elsif cardinality(v_good) > 1 then
        for v_half in 1..2 loop
            select r.lines, r.reasons into v_rest
            from inventory._receive_lots(
                in_store, in_numbers[v_from[v_half]:v_to[v_half]], in_lines[v_from[v_half]:v_to[v_half]],
                in_reference, in_actor, in_occurred_at
            ) as r;
            lines := lines || v_rest.lines;
            reasons := reasons || v_rest.reasons;
        end loop;
    end if;
end
$$;

comment on function inventory._receive_lots(text, bigint[], jsonb[], text, text, timestamptz) is
    'For imports: receives a purchase without its wrong lines.';

-- Receives a purchase, or says why not; then nothing of it is done.
create or replace function inventory._try_purchase(
    in_store text, in_lines jsonb[], in_reference text, in_actor text, in_occurred_at timestamptz
) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
    v_message text;
    v_detail text;
begin
    perform inventory.must(inventory.receive_purchase(
        in_store, to_jsonb(in_lines), reference => in_reference, actor => in_actor, occurred_at => in_occurred_at
    ));
    return null;
exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail;
    if v_state !~ '^(22|23|54|SD)' then
        raise;
    end if;
    return inventory._import_reason(v_message, v_detail);
end
$$;

comment on function inventory._try_purchase(text, jsonb[], text, text, timestamptz) is 'For imports: receives a purchase, or says why not.';

-- Why a line is no lot, whatever the others are; null when it is one.
create or replace function inventory._why_no_lot(in_line jsonb) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_message text;
    v_detail text;
begin
    perform inventory._read_lines(jsonb_build_array(in_line), array['unit_cost', 'lot', 'expires_on'], 'positive');
    return null;
exception when others then
    get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
    return inventory._import_reason(v_message, v_detail);
end
$$;

comment on function inventory._why_no_lot(jsonb) is 'For imports: why a line is no lot.';

-- An error as the reason of a line: the number that the engine gave the line is not that of the file.
create or replace function inventory._import_reason(in_message text, in_detail text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select concat(regexp_replace(in_message, '^line [0-9]+: ', ''), ' (' || nullif(in_detail, '') || ')')
$$;

comment on function inventory._import_reason(text, text) is 'For imports: an error as the reason of a line.';
