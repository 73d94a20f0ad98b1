-- Locks the stock rows of an order and of the lines that are asked for, in key order, and then lets those of its holds expire whose time
-- is over: what becomes of them is the same whether expire_reservations() has come by or not.
--   in_reservation_id  the order, which is locked
--   in_lines           null for none
-- Returns the keys of the rows that it has made.
-- Raises what _lock_changed_rows() raises. Reads: stock_holds. Writes: what _expire_holds() does. Locks: inventory_stock.
drop function if exists inventory._lock_held_rows(inventory.operation, bigint, inventory.operation_line[]);
create or replace function inventory._lock_held_rows(
    in_operation inventory.operation, in_reservation_id bigint, in_lines inventory.operation_line[]
) returns inventory.stock_key[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_made inventory.stock_key[];
    v_due bigint[];
begin
    v_made := inventory._lock_changed_rows(array(
        select (null, in_operation.store_id, in_operation.store, k.product_id, null, null, 0, 1, 0, 0)::inventory.stock_change
        from (
            select h.product_id from inventory.stock_holds as h where h.reservation_id = in_reservation_id and not h.is_settled
            union
            select l.product_id from unnest(in_lines) as l
        ) as k
    ));
    v_due := array(
        select h.hold_id
        from inventory.stock_holds as h
        where h.reservation_id = in_reservation_id and not h.is_settled and h.state = 'held' and h.expires_at <= clock_timestamp()
    );
    if cardinality(v_due) > 0 then
        perform inventory._expire_holds(v_due, in_operation.actor, in_operation.correlation_id);
    end if;
    return v_made;
end
$$;

comment on function inventory._lock_held_rows(inventory.operation, bigint, inventory.operation_line[]) is
    'Locks the stock rows of an order and its lines; its holds whose time is over expire.';
