-- Health: was never more given back than was taken, and is all of it logged?
-- Reads: inventory_compensation_log, inventory_deduction_parts, stock_documents.
create or replace function inventory._health_of_compensations(in_store_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_exceeding bigint;
    v_unlogged bigint;
    v_deductions bigint;
    v_compensated bigint;
begin
    select count(*) into v_exceeding
    from (
        select o.deduction_document_id, o.line, o.product_id, sum(o.numerator / o.denominator) as given_back
        from inventory.inventory_compensation_log as o
        where o.deduction_document_id in (
            select r.deduction_document_id from inventory.inventory_compensation_log as r
            where r.store_id = in_store_id and r.recorded_at > now() - interval '30 days'
        )
        group by o.deduction_document_id, o.line, o.product_id
    ) as g
    left join inventory.inventory_deduction_parts as p
        on p.document_id = g.deduction_document_id and p.line = g.line and p.product_id = g.product_id
    where coalesce(g.given_back > p.numerator / p.denominator + 1e-9, true);
    select
        count(*) filter (where d.kind = 'compensation' and not exists (
            select from inventory.inventory_compensation_log as g where g.document_id = d.document_id
        )),
        count(*) filter (where d.kind = 'deduction'),
        count(distinct d.original_document_id) filter (where d.kind = 'compensation')
    into v_unlogged, v_deductions, v_compensated
    from inventory.stock_documents as d
    where d.store_id = in_store_id and d.recorded_at > now() - interval '24 hours' and d.kind in ('deduction', 'compensation');
    return inventory._health_check(
        'Compensation log',
        case
            when v_exceeding > 0 then format('%s lines of deductions got more back than was taken, or were never taken.', v_exceeding)
            when v_unlogged > 0 then format('%s compensations of the last day are not in the log.', v_unlogged)
        end,
        case when v_deductions >= 10 and v_compensated * 5 >= v_deductions then
            format('%s of %s deductions of the last day were given back.', v_compensated, v_deductions) end,
        'Nothing was given back that was not taken, and all of it is logged.',
        'Critical: a line of a deduction that was compensated in the last 30 days got back more than it took, or a compensation of the last 24 hours is not logged. Warning: 20 % or more of at least 10 deductions of the last 24 hours were compensated.',
        jsonb_build_object('exceeding', v_exceeding, 'unlogged', v_unlogged, 'deductions', v_deductions, 'compensated', v_compensated)
    );
end
$$;

comment on function inventory._health_of_compensations(bigint) is 'Health: was never more given back than was taken?';
