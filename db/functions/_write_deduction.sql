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
    -- Two ingredients of a line may be the same product.
    insert into inventory.inventory_deduction_parts (document_id, line, product_id, numerator, denominator)
    select in_operation.document_id, s.line, s.product_id, f.numerator, f.denominator
    from (
        select
            p.line, p.product_id, b.denominator, sum(p.numerator * div(b.denominator, p.denominator)) as numerator
        from unnest(in_parts) as p
        join (
            select d.line, d.product_id, inventory._lcm(d.denominator) as denominator
            from unnest(in_parts) as d
            group by d.line, d.product_id
        ) as b on b.line = p.line and b.product_id = p.product_id
        group by p.line, p.product_id, b.denominator
    ) as s
    cross join lateral inventory._fraction(s.numerator, s.denominator) as f;
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
