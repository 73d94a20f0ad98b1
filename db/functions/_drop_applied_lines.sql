-- Takes those lines of this transaction's batch out of import_staging that were applied before, and says how many they were.
-- Lines with ids are taken possession of here: a second importer of the same id waits, and then finds it applied.
-- Lines with numbers belong to the file's last run, which may apply them from several transactions at once: an earlier run that is
-- still about is refused, so that no line is applied by both.
--   in_stretch      from the first of its lines to the last
--   out already     lines that were applied before
--   out bad_lines   lines whose id was applied before with another content, with the reasons
-- Locks: imports row of the file FOR SHARE (a new run waits for it), then ids in order (COLLATE "C").
create or replace function inventory._drop_applied_lines(
    in_import_id bigint, in_run bigint, in_source_id bigint, in_stretch int8range,
    out already bigint, out bad_lines bigint[], out bad_reasons text[]
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_xid xid8 := pg_current_xact_id();
    v_run bigint;
    v_records bigint;
    v_applied int8multirange;
    v_taken bigint[];
    v_known bigint[];
    v_known_ids text[];
    v_known_contents bigint[];
begin
    already := 0;
    bad_lines := '{}';
    bad_reasons := '{}';
    select i.run into v_run from inventory.imports as i where i.import_id = in_import_id for share;
    if not found then
        raise exception 'no import has the id %', in_import_id using errcode = '22023';
    end if;
    if v_run <> in_run then
        raise exception 'another import of this file has begun' using errcode = '55000',
            hint = 'Wait for it to end, then start again: lines that it applied are not applied again.';
    end if;
    if in_source_id is null then
        -- Coarse first: line numbers only grow from batch to batch, so little else is ever looked at.
        select count(*), range_agg(b.lines) into v_records, v_applied
        from inventory.import_batches as b
        where b.import_id = in_import_id and b.stretch && in_stretch;
        if v_records > 0 then
            -- coalesce keeps the IN a hash look-up: as a join it could become quadratic.
            delete from inventory.import_staging as i
            where i.xid = v_xid and (
                v_applied @> i.line
                or coalesce(i.line in (
                    select n.line
                    from inventory.import_batches as b, unnest(b.line_numbers) as n (line)
                    where b.import_id = in_import_id and b.stretch && in_stretch
                ), false)
            );
            get diagnostics already = row_count;
        end if;
        return;
    end if;
    with taken as (
        insert into inventory.import_line_ids as d (source_id, line_id, content, import_id, line)
        select in_source_id, i.line_id, i.content, in_import_id, i.line
        from inventory.import_staging as i
        where i.xid = v_xid
        order by i.line_id, i.line
        on conflict (source_id, line_id) do nothing
        returning d.line
    )
    select coalesce(array_agg(t.line), '{}') into v_taken from taken as t;
    -- NOT IN, because it is always a hash look-up: without statistics on the stage a join could become quadratic. No line is null.
    with known as (
        delete from inventory.import_staging as i
        where i.xid = v_xid and i.line not in (select t from unnest(v_taken) as t)
        returning i.line, i.line_id, i.content
    )
    select array_agg(k.line), array_agg(k.line_id), array_agg(k.content) into v_known, v_known_ids, v_known_contents
    from known as k;
    if v_known is null then
        return;
    end if;
    select coalesce(array_agg(k.line), '{}'), coalesce(array_agg(k.reason), '{}') into bad_lines, bad_reasons
    from (
        select
            i.line,
            format('id %s was applied before with other values (line %s of %s)', i.line_id, d.line, f.file_name) as reason
        from unnest(v_known, v_known_ids, v_known_contents) as i (line, line_id, content)
        join inventory.import_line_ids as d on d.source_id = in_source_id and d.line_id = i.line_id
        join inventory.imports as f on f.import_id = d.import_id
        where d.content <> i.content
    ) as k;
    already := cardinality(v_known) - cardinality(bad_lines);
end
$$;

comment on function inventory._drop_applied_lines(bigint, bigint, bigint, int8range) is
    'For imports: takes lines that were applied before out of the batch.';
