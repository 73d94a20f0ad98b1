-- Writes what a deduction took, by line, under its transaction id.
-- Returns null; or the errors, when the id was used before by a deduction whose key was pruned since: it counts once for ever.
-- Writes: inventory_deductions, inventory_deduction_parts. Waits for nobody: whoever inserts an id holds its key.
create or replace function inventory._write_deduction(in_operation inventory.operation, in_parts inventory.deduction_part[])
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    insert into inventory.inventory_deductions (transaction_id, store_id, document_id)
    values (in_operation.transaction_id, in_operation.store_id, in_operation.document_id)
    on conflict do nothing;
    if not found then
        return inventory._used_transaction_id(in_operation.transaction_id);
    end if;
    perform inventory._write_parts(array_fill(in_operation.document_id, array[cardinality(in_parts)]), in_parts);
    return null;
end
$$;

comment on function inventory._write_deduction(inventory.operation, inventory.deduction_part[]) is
    'Writes what a deduction took, by line, under its transaction id.';

-- The error of a transaction id that was used before and whose answer is gone.
create or replace function inventory._used_transaction_id(in_transaction_id text) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_array(jsonb_build_object(
        'code', 'idempotency_conflict',
        'message', format('transaction_id "%s" was used before', in_transaction_id),
        'detail', 'What it was answered is no longer kept.',
        'hint', 'list_documents() and stock_history() say what it took.',
        'fields', '[]'::jsonb
    ))
$$;

comment on function inventory._used_transaction_id(text) is 'The error of a transaction id whose answer is gone.';

-- Writes what lines of deductions took.
--   in_documents  the document that each part belongs to
-- Writes: inventory_deduction_parts.
create or replace function inventory._write_parts(in_documents bigint[], in_parts inventory.deduction_part[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    -- Two ingredients of a line may be the same product.
    insert into inventory.inventory_deduction_parts (document_id, line, product_id, numerator, denominator)
    select s.document_id, s.line, s.product_id, f.numerator, f.denominator
    from (
        select
            p.document_id, p.line, p.product_id, p.base, sum(p.numerator * div(p.base, p.denominator)) as numerator
        from (
            select d.*, inventory._lcm(d.denominator) over (partition by d.document_id, d.line, d.product_id) as base
            from unnest(in_documents, in_parts) as d (document_id, line, product, ingredient, product_id, sku, numerator, denominator)
        ) as p
        group by p.document_id, p.line, p.product_id, p.base
    ) as s
    cross join lateral (
        select div(s.numerator, gcd(s.numerator, s.base)) as numerator, div(s.base, gcd(s.numerator, s.base)) as denominator
    ) as f;
end
$$;

comment on function inventory._write_parts(bigint[], inventory.deduction_part[]) is 'Writes what lines of deductions took.';
