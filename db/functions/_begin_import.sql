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
    select coalesce(range_agg(r.range), '{}') into _begin_import.applied
    from inventory.import_batches as b, unnest(b.lines) as r (range)
    where b.import_id = _begin_import.import_id;
end
$$;

comment on function inventory._begin_import(text, text, text, text, text) is
    'For stockctl import: the record of a file and the lines of it that were applied before.';
