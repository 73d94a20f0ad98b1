-- Whether a deduction that was refused had been done before: the same lines under its transaction id, by the till itself, which could reach
-- the database after all. Then there is nothing left to do, whatever else it said of the sale.
--   in_errors  of the answer
--   in_lines   what was to be deducted
-- Reads: inventory_deductions, stock_document_lines, products, units: when the answer that was given then is no longer kept, its document is.
create or replace function inventory._is_same_sale(in_errors jsonb, in_store_id bigint, in_transaction_id text, in_lines jsonb)
returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    if in_errors #>> '{0,code}' = 'idempotency_conflict' and in_errors #> '{0,fields}' <> '[]' and not exists (
        select from jsonb_array_elements_text(in_errors #> '{0,fields}') as f (field) where f.field like 'lines%'
    ) then
        return true;
    end if;
    -- The same lines in other words (another unit, a product's new sku) are the same.
    return not exists (
        select
        from (
            select l.line, l.product_id, l.numerator, l.denominator, l.unit, l.price
            from inventory.inventory_deductions as d
            join inventory.stock_document_lines as l on l.document_id = d.document_id
            where d.transaction_id = in_transaction_id and d.store_id = in_store_id
        ) as d
        full join unnest(inventory._read_lines(in_lines, array['price'], 'positive')) as l on l.line = d.line
        where (d.product_id, d.numerator, d.denominator) is distinct from (l.product_id, l.numerator, l.denominator)
            or d.unit = l.unit and d.price is distinct from l.price
    );
end
$$;

comment on function inventory._is_same_sale(jsonb, bigint, text, jsonb) is
    'Whether a deduction that was refused had been done before.';

-- The same of a queued transaction as it was queued. Reads: offline_transaction_queue.
create or replace function inventory._is_same_queued_sale(in_queue_id bigint, in_errors jsonb) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (
        select inventory._is_same_sale(in_errors, q.store_id, q.transaction_id, inventory._queued_lines(q))
        from inventory.offline_transaction_queue as q
        where q.queue_id = in_queue_id
    );
end
$$;

comment on function inventory._is_same_queued_sale(bigint, jsonb) is 'Whether a queued transaction was deducted before.';
