-- What came of deductions in a store since a time: sales, deductions by recipe and orders that were paid. Documents are those that were done;
-- a refusal counts each time, also a retry's. Answers that were replayed count nothing.
--   in_since  recorded from then on
-- Returns {deductions, successful, failed, failure_rate, by_code, shortfalls, compensations, returns}; failure_rate is a percentage of all, 0
-- when there were none.
-- Reads: stock_documents, operation_refusals.
create or replace function inventory._deductions_since(in_store_id bigint, in_since timestamptz) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'deductions', d.done + r.failed, 'successful', d.done, 'failed', r.failed,
        'failure_rate', coalesce(round(100.0 * r.failed / nullif(d.done + r.failed, 0), 2), 0), 'by_code', r.by_code,
        'shortfalls', d.shortfalls, 'compensations', d.compensations, 'returns', d.returns
    )
    from (
        select
            count(*) filter (where o.kind in ('sale', 'deduction')) as done, count(*) filter (where o.kind = 'shortfall') as shortfalls,
            count(*) filter (where o.kind = 'compensation') as compensations, count(*) filter (where o.kind = 'return') as returns
        from inventory.stock_documents as o
        where o.store_id = in_store_id and o.recorded_at >= in_since
    ) as d
    cross join (
        select coalesce(sum(c.failed), 0) as failed, coalesce(jsonb_object_agg(c.code, c.failed), '{}') as by_code
        from (
            select o.code, count(*) as failed
            from inventory.operation_refusals as o
            where o.store_id = in_store_id and o.recorded_at >= in_since
                -- sync_all_pending refuses by the policy that was captured what today's would let pass; what is short is refused below it. What is
                -- not possible any more waits for somebody, and is no deduction that failed.
                and o.operation in ('record_sale', 'deduct_inventory_atomic', 'process_order_stock_reduction', 'sync_all_pending')
            group by o.code
        ) as c
    ) as r
$$;

comment on function inventory._deductions_since(bigint, timestamptz) is 'What came of deductions in a store since a time.';
