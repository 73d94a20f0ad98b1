-- Records lines of a file as applied, in the transaction that applied them. Lines that another importer of the same file
-- recorded meanwhile are refused (40001), so that the caller starts the batch again without them.
create or replace function inventory._record_import(in_import_id bigint, in_lines bigint[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lines int8multirange := (select range_agg(int8range(l, l + 1)) from unnest(in_lines) as l);
begin
    perform from inventory.imports as i where i.import_id = in_import_id for no key update;
    if exists (select from inventory.import_batches as b where b.import_id = in_import_id and b.stretch && range_merge(v_lines) and b.lines && v_lines) then
        raise exception 'another import of this file is running' using errcode = '40001';
    end if;
    insert into inventory.import_batches (import_id, stretch, lines, line_count)
    select in_import_id, range_merge(v_lines), v_lines, cardinality(in_lines)
    where cardinality(in_lines) > 0;
end
$$;

comment on function inventory._record_import(bigint, bigint[]) is
    'For stockctl import: records lines as applied.';
