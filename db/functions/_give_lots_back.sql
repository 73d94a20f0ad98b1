-- Gives units back to the lots that they were taken from, at the cost at which they were taken: of each entry that took some, in order,
-- what is not given back yet. n times one unit comes to the same cost as n units at once, and all of it to exactly what was taken.
--   in_original_document_id  what they were taken for
--   in_original_version      of the movement that took them; null: any of the document's
-- Returns how many it could not give back: more than those entries took.
-- Writes: stock_lots, stock_lot_entries. Locks: nothing more; whoever calls it holds the stock row.
create or replace function inventory._give_lots_back(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_quantity bigint, in_original_document_id bigint,
    in_original_version bigint, in_document_id bigint, in_occurred_at timestamptz
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rest bigint := in_quantity;
    v_part bigint;
    v_taken record;
begin
    for v_taken in
        select
            e.entry_id, -e.quantity as quantity, -e.value as value, l.lot, l.expires_on, case when not l.is_debt then l.age end as age,
            coalesce((select sum(r.quantity) from inventory.stock_lot_entries as r where r.original_entry_id = e.entry_id), 0) as given
        from inventory.stock_lot_entries as e
        join inventory.stock_lots as l on l.lot_id = e.lot_id
        where e.document_id = in_original_document_id and e.product_id = in_product_id and e.store_id = in_store_id
            and e.kind = 'taken' and (in_original_version is null or e.version = in_original_version)
        order by e.entry_id
    loop
        exit when v_rest = 0;
        v_part := least(v_rest, v_taken.quantity - v_taken.given);
        continue when v_part = 0;
        perform inventory._put_lot(
            in_store_id, in_product_id, in_version, 'returned', v_part,
            inventory._cost_share(v_taken.value, v_taken.given + v_part, v_taken.quantity)
                - inventory._cost_share(v_taken.value, v_taken.given, v_taken.quantity),
            v_taken.lot, v_taken.expires_on, v_taken.age, v_taken.entry_id, in_document_id, null, in_occurred_at
        );
        v_rest := v_rest - v_part;
    end loop;
    return v_rest;
end
$$;

comment on function inventory._give_lots_back(bigint, bigint, bigint, bigint, bigint, bigint, bigint, timestamptz) is
    'Gives units back to the lots that they were taken from.';
