-- How many base units of a product deduct_inventory_atomic() could take now: of a recipe, as many as the scarcest ingredient allows; of a
-- product without one, what its own stock row has.
--   sku, store  which product, where
-- Returns a whole number; 0 also when an ingredient has no mapping there; null when nothing limits it, because every stock row may go
-- below zero. Raises SD006 for an unknown sku or store.
-- Reads: products, stores, recipes, recipe_ingredients, conversion_mappings, inventory_stock, stock_remainders. Locks nothing.
create or replace function inventory.sellable(sku text, store text) returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(sellable.store);
    v_line inventory.operation_line;
    v_parts inventory.deduction_part[];
    v_missing jsonb;
begin
    v_line.line := 1;
    v_line.product_id := inventory._product_id(sellable.sku);
    v_line.sku := sellable.sku;
    v_line.numerator := 1;
    v_line.denominator := 1;
    select p.parts, p.missing into v_parts, v_missing
    from inventory._deduction_parts(array[1], array[v_store_id], array[v_line]) as p;
    if v_missing is not null then
        return 0;
    end if;
    return (
        select min(least(greatest(
            inventory._floor(d.have_numerator * d.need_denominator, d.have_denominator * d.need_numerator), 0
        ), 9223372036854775807))::bigint
        from inventory._demand_stock(v_store_id, inventory._demand_of_parts(v_parts)) as d
        where not d.may_go_below
    );
end
$$;

comment on function inventory.sellable(text, text) is
    'How many of a product its ingredients allow to be sold in a store now, or its own stock when it has no recipe.';
