-- The changes that a demand asks for, one per stock row of the operation's store.
--   in_sign  1 gives it back, -1 takes it away
-- What is no bigint has no on_hand_delta: whether there is enough is asked first, and then _apply_changes() refuses it.
create or replace function inventory._changes_of_demand(
    in_operation inventory.operation, in_kind text, in_sign integer, in_demand inventory.stock_demand[]
) returns inventory.stock_change[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select
            (
                d.lines[1], in_operation.store_id, in_operation.store, d.product_id, d.sku, in_kind, in_sign * d.numerator,
                d.denominator, case when d.denominator = 1 and d.numerator <= 9223372036854775807 then in_sign * d.numerator end, 0
            )::inventory.stock_change
        from unnest(in_demand) with ordinality as d (product_id, sku, numerator, denominator, lines, place)
        order by d.place
    );
end
$$;

comment on function inventory._changes_of_demand(inventory.operation, text, integer, inventory.stock_demand[]) is
    'The changes that a demand asks for, one per stock row.';
