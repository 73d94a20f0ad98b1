-- Health: how many deductions of the last day were refused?
-- Reads: stock_documents, operation_refusals.
create or replace function inventory._health_of_success(in_store_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_figures jsonb := inventory._deductions_since(in_store_id, now() - interval '24 hours');
    v_rate numeric := (v_figures ->> 'failure_rate')::numeric;
    v_is_enough boolean := (v_figures ->> 'deductions')::bigint >= 10;
    v_said text := format(
        '%s of %s deductions of the last day were refused: %s %%.', v_figures ->> 'failed', v_figures ->> 'deductions', v_rate
    );
begin
    return inventory._health_check(
        'Recent success rate',
        case when v_is_enough and v_rate >= 20 then v_said end,
        case when v_is_enough and v_rate >= 5 then v_said end,
        v_said,
        'Of at least 10 deductions in the last 24 hours: critical from 20 % refused, warning from 5 %.',
        v_figures
    );
end
$$;

comment on function inventory._health_of_success(bigint) is 'Health: how many deductions of the last day were refused?';
