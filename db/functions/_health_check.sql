-- One check as it stands in the answer of run_health_check().
--   in_critical, in_warning  what is wrong, in words, null when nothing is; the first that is not null decides
--   in_healthy               what is said when nothing is wrong
--   in_threshold             when it is a warning and when critical
--   in_figures               what was looked at
create or replace function inventory._health_check(
    in_name text, in_critical text, in_warning text, in_healthy text, in_threshold text, in_figures jsonb
) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'name', in_name,
        'status', case when in_critical is not null then 'critical' when in_warning is not null then 'warning' else 'healthy' end,
        'message', coalesce(in_critical, in_warning, in_healthy), 'threshold', in_threshold, 'figures', in_figures
    )
$$;

comment on function inventory._health_check(text, text, text, text, text, jsonb) is 'One check as it stands in an answer.';
