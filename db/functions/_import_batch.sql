-- What the functions that apply a batch of import_staging share. Called by them only.

-- sum() of bigint is numeric, which costs more than the rest of a window function. The callers have excluded overflow.
create or replace aggregate inventory._sum(bigint) (sfunc = int8pl, stype = bigint, initcond = '0');

comment on aggregate inventory._sum(bigint) is 'Sum that stays bigint.';

create or replace function inventory._missing_stock_rows(in_keys inventory.stock_key[]) returns inventory.stock_key[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select array(
        select (k.store_id, k.product_id)::inventory.stock_key
        from unnest(in_keys) as k
        where not exists (
            select from inventory.inventory_stock as s where s.store_id = k.store_id and s.product_id = k.product_id
        )
    )
$$;

comment on function inventory._missing_stock_rows(inventory.stock_key[]) is 'For imports: those keys that have no stock row yet.';

-- Takes lines out of the batch; their ids are free again.
create or replace function inventory._take_back_lines(in_lines bigint[], in_source_id bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids text[];
begin
    -- coalesce keeps the IN a hash look-up, as in _drop_applied_lines.
    with gone as (
        delete from inventory.import_staging as i
        where i.xid = pg_current_xact_id() and coalesce(i.line in (select l from unnest(in_lines) as l), false)
        returning i.line_id
    )
    select array_agg(g.line_id) into v_ids from gone as g;
    if in_source_id is not null then
        delete from inventory.import_line_ids as d
        using unnest(v_ids) as g (line_id)
        where d.source_id = in_source_id and d.line_id = g.line_id collate "C";
    end if;
end
$$;

comment on function inventory._take_back_lines(bigint[], bigint) is 'For imports: takes lines out of the batch.';

-- Records the lines that are left in import_staging as applied, and empties it. Returns how many they are.
-- As plain numbers: several transactions at once apply a stretch of the file, each a part of its lines, so there are no ranges to
-- speak of. _begin_import puts them together when the file comes again.
create or replace function inventory._finish_batch(in_import_id bigint) returns bigint
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
    with gone as (
        delete from inventory.import_staging as i where i.xid = pg_current_xact_id() returning i.line
    ),
    recorded as (
        insert into inventory.import_batches (import_id, stretch, line_numbers, line_count)
        select in_import_id, int8range(min(g.line), max(g.line), '[]'), array_agg(g.line), count(*)
        from gone as g
        having count(*) > 0
        returning line_count
    )
    select coalesce(sum(r.line_count), 0)::bigint from recorded as r
$$;

comment on function inventory._finish_batch(bigint) is 'For imports: records the staged lines as applied and empties the stage.';

create or replace function inventory._rejected_lines(in_lines bigint[], in_reasons text[]) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_array(b.line, b.reason) order by b.line), '[]')
    from unnest(in_lines, in_reasons) as b (line, reason)
$$;

comment on function inventory._rejected_lines(bigint[], text[]) is 'For imports: [[line, reason], ...] in the order of lines.';
