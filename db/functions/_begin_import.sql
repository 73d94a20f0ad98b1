-- Which lines of a file were applied, as ranges. dense_rank(), so that a number that stood twice would not join what is apart.
-- Reads: import_batches.
create or replace function inventory._applied_lines(in_import_id bigint) returns int8multirange
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(range_agg(r.stretch), '{}')
    from (
        select unnest(b.lines) as stretch from inventory.import_batches as b where b.import_id = in_import_id
        union all
        select int8range(min(n.line), max(n.line), '[]')
        from (
            select l.line, l.line - dense_rank() over (order by l.line) as island
            from inventory.import_batches as b, unnest(b.line_numbers) as l (line)
            where b.import_id = in_import_id
        ) as n
        group by n.island
    ) as r
$$;

comment on function inventory._applied_lines(bigint) is 'Which lines of a file were applied.';

-- Finds or makes the record of a file, and says which of its lines were applied before.
--   in_mapping  hash of the mapping where it is part of the identity, else ''
--   in_source   name of the source whose ids the lines carry; null: lines are known by number
--   out run     number of this run; transactions of earlier ones are waited for here, and refused from now on
-- Called by stockctl import before the first batch, in a transaction of its own.
create or replace function inventory._begin_import(
    in_target text, in_file_hash text, in_mapping text, in_file_name text, in_source text,
    out import_id bigint, out run bigint, out source_id bigint, out applied int8multirange
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    insert into inventory.imports (target, file_hash, mapping, file_name)
    values (in_target, in_file_hash, in_mapping, left(in_file_name, 1000))
    on conflict (target, file_hash, mapping) do nothing;
    update inventory.imports as i set run = i.run + 1
    where i.target = in_target and i.file_hash = in_file_hash and i.mapping = in_mapping
    returning i.import_id, i.run into _begin_import.import_id, _begin_import.run;
    if in_source is not null then
        insert into inventory.import_sources (name) values (in_source) on conflict (name) do nothing;
        select s.source_id into _begin_import.source_id from inventory.import_sources as s where s.name = in_source;
    end if;
    applied := inventory._applied_lines(_begin_import.import_id);
    if exists (
        select from inventory.import_batches as b where b.import_id = _begin_import.import_id and b.line_numbers <> '{}'
    ) then
        with parts as (
            delete from inventory.import_batches as b
            where b.import_id = _begin_import.import_id
            returning b.line_count, b.recorded_at
        )
        insert into inventory.import_batches (import_id, stretch, lines, line_count, recorded_at)
        select _begin_import.import_id, range_merge(applied), applied, sum(p.line_count), max(p.recorded_at)
        from parts as p;
    end if;
end
$$;

comment on function inventory._begin_import(text, text, text, text, text) is
    'For stockctl import: the record of a file and the lines of it that were applied before.';
