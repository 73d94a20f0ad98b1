-- Says whether a deduction would be done now, and everything that stands in its way, without doing it: the first phase of a sale.
--   store  the store's code
--   lines  as of deduct_inventory_atomic()
-- Returns the answer: success and errors as deduct_inventory_atomic() would have them, and
--   demand    [{sku, unit, need, have, version, lines}], a row per stock row that would be taken
--   versions  {sku: version} of these, for expected_versions of the second phase
-- Nothing is held in between: who wants the same stock rows then passes versions on.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit.
-- Reads: stores, products, units, recipes, recipe_ingredients, conversion_mappings, inventory_stock, stock_remainders. Locks nothing.
create or replace function inventory.validate_deduction(store text, lines jsonb) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
    v_parts inventory.deduction_part[];
    v_demand inventory.stock_demand[];
    v_errors jsonb;
    v_short jsonb;
begin
    v_operation.store_id := inventory._store_id(validate_deduction.store);
    v_operation.store := validate_deduction.store;
    v_lines := inventory._read_lines(validate_deduction.lines, array['price'], 'positive');
    select p.parts, inventory._unserved(v_operation.store, p.missing) into v_parts, v_errors
    from inventory._deduction_parts(
        array_fill(1, array[cardinality(v_lines)]), array_fill(v_operation.store_id, array[cardinality(v_lines)]), v_lines
    ) as p;
    v_demand := inventory._demand_of_parts(v_parts);
    v_short := inventory._demand_errors(v_operation.store_id, v_operation.store, v_parts, v_demand, null);
    v_errors := coalesce(v_errors, '[]') || coalesce(v_short, '[]');
    return (
        select jsonb_build_object(
            'success', v_errors = '[]', 'operation', 'validate_deduction', 'store', validate_deduction.store, 'errors', v_errors,
            'demand', coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'sku', d.sku, 'unit', d.base_unit, 'need', d.need, 'have', d.have, 'version', d.version, 'lines', d.lines
                    )
                    order by d.place
                ),
                '[]'
            ),
            'versions', coalesce(jsonb_object_agg(d.sku, d.version) filter (where d.sku is not null), '{}')
        )
        from inventory._demand_stock(v_operation.store_id, v_demand) as d
    );
end
$$;

comment on function inventory.validate_deduction(text, jsonb) is
    'Says whether a deduction would be done now, with every shortage, and the versions of the stock rows that it would take. Changes nothing.';
