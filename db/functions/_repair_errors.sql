-- The error of a finding that is not as it was found.
create or replace function inventory._finding_changed(in_finding bigint) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_array(jsonb_build_object(
        'code', 'finding_changed', 'message', format('Finding %s is not as it was found', in_finding),
        'detail', 'The stock row or its history has changed since.', 'hint', 'Call verify() again, and repair what it finds.',
        'finding', in_finding
    ))
$$;

comment on function inventory._finding_changed(bigint) is 'The error of a finding that is not as it was found.';

-- The error of a finding that movements cannot settle.
create or replace function inventory._repair_not_possible(in_finding bigint, in_detail text, in_hint text) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_array(jsonb_build_object(
        'code', 'repair_not_possible', 'message', format('Finding %s cannot be repaired so', in_finding), 'detail', in_detail,
        'hint', in_hint, 'finding', in_finding
    ))
$$;

comment on function inventory._repair_not_possible(bigint, text, text) is 'The error of a finding that movements cannot settle.';

-- The error of more lost movements than a repair makes up for; null when they are fewer.
create or replace function inventory._too_many_lost(in_finding bigint, in_lost bigint) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select case when in_lost > 10000 then inventory._repair_not_possible(
        in_finding, format('%s movements are lost; at most 10000 are made up for.', in_lost), 'Restore the ledger from a copy.'
    ) end
$$;

comment on function inventory._too_many_lost(bigint, bigint) is 'The error of more lost movements than a repair makes up for.';

-- The error of a finding whose repair comes after the last movement, while the stock row does not agree with that one.
create or replace function inventory._stock_row_first(in_finding bigint) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select inventory._repair_not_possible(
        in_finding, 'The stock row is not as its last movement says.', 'Repair the finding of the stock row first.'
    )
$$;

comment on function inventory._stock_row_first(bigint) is 'The error of a finding that must wait for that of its stock row.';
