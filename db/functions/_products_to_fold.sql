-- Products that the sums do not have yet and that have no stock row of which they would hear: those whose making is news to the position
-- of the views; with in_whole all that are missing.
-- Reads: fold_state, epoch, inventory_event, products, folded_products. Runs in the caller's snapshot (STABLE).
create or replace function inventory._products_to_fold(in_whole boolean) returns setof bigint
language plpgsql stable
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
    v_snapshot pg_snapshot := (select s.snapshot from inventory.fold_state as s);
    v_floor bigint := (select e.event_seq_floor from inventory.epoch as e);
    v_xmax xid8 := pg_snapshot_xmax(v_snapshot);
    v_xip xid8[] := array(select x from pg_snapshot_xip(v_snapshot) as x);
begin
    if in_whole then
        return query
            select p.product_id from inventory.products as p
            where not exists (select from inventory.folded_products as f where f.product_id = p.product_id);
        return;
    end if;
    return query
        select h.product_id
        from (
            select distinct e.product_id
            from inventory.inventory_event as e
            where (e.xid >= v_xmax or e.xid = any (v_xip)) and e.event_seq + 0 > v_floor and e.type = 'product_created'
        ) as h
        cross join lateral (
            select true as is_there from inventory.products as t where t.product_id = h.product_id offset 0
        ) as p
        left join lateral (
            select true as is_there from inventory.folded_products as t where t.product_id = h.product_id offset 0
        ) as f on true
        where f.is_there is null;
end
$$;

comment on function inventory._products_to_fold(boolean) is 'Products that the sums do not have yet.';
