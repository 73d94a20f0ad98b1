-- Locks an order, so that whatever else is done to it comes before or after: its holds are then changed by nobody else, but that they
-- may expire. Comes after the keys and before the stock rows in the order of locks.
--   in_is_made  whether an order that reserved nothing yet is made
-- Returns its reservation_id; null when there is none.
-- Raises 40001 above READ COMMITTED when another transaction was first. Writes: stock_reservations. Locks: its row FOR NO KEY UPDATE.
create or replace function inventory._lock_order(in_operation inventory.operation, in_order text, in_is_made boolean) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_reservation_id bigint;
begin
    loop
        select r.reservation_id into v_reservation_id
        from inventory.stock_reservations as r
        where r.store_id = in_operation.store_id and r.order_code = in_order
        for no key update;
        if found or not in_is_made then
            return v_reservation_id;
        end if;
        insert into inventory.stock_reservations (store_id, order_code)
        values (in_operation.store_id, in_order)
        on conflict do nothing
        returning reservation_id into v_reservation_id;
        if found then
            return v_reservation_id;
        end if;
    end loop;
end
$$;

comment on function inventory._lock_order(inventory.operation, text, boolean) is 'Locks an order of a store, or makes it.';
