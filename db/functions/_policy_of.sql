-- What a sale would take from stock rows now, and whether each of them may go below zero now: the policy under which it was made.
-- Ingredients without a mapping have no stock row, and so no policy yet.
--   in_lines  as they were read
-- Returns {sku: may go below zero}. Reads: what validate_deduction() reads. Locks nothing.
create or replace function inventory._policy_of(in_store_id bigint, in_lines inventory.operation_line[]) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_parts inventory.deduction_part[];
begin
    select p.parts into v_parts
    from inventory._deduction_parts(
        array_fill(1, array[cardinality(in_lines)]), array_fill(in_store_id, array[cardinality(in_lines)]), in_lines
    ) as p;
    return (
        select coalesce(jsonb_object_agg(d.sku, d.may_go_below), '{}')
        from inventory._demand_stock(in_store_id, inventory._demand_of_parts(v_parts)) as d
    );
end
$$;

comment on function inventory._policy_of(bigint, inventory.operation_line[]) is
    'Which stock rows a sale would take from now, and whether each may go below zero.';
