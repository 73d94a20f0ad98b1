-- Raises 22003 and says which of several changes would take a balance out of range, and of a batch, which request asked for it.
--   in_changes   in their order; of some that are too large for a bigint, on_hand_delta is null
--   in_requests  the number of the request of each; null when there is one only
-- Called by _apply_changes() when it has come upon such a change; raises in any case. Reads: inventory_stock, stores, products.
create or replace function inventory._raise_change_out_of_range(in_changes inventory.stock_change[], in_requests integer[])
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_far record;
    v_message text;
    v_detail text;
begin
    select c.* into v_far
    from (
        select
            u.place, s.store_id, s.product_id, s.on_hand, s.reserved, sum(u.on_hand_change) over running as on_hand_change,
            sum(u.on_hand_change - u.reserved_delta) over running as change
        from (
            select
                o.place, o.store_id, o.product_id, o.reserved_delta,
                coalesce(o.on_hand_delta, inventory._floor(o.numerator, o.denominator)) as on_hand_change
            from unnest(in_changes) with ordinality as o (
                line, store_id, store, product_id, sku, kind, numerator, denominator, on_hand_delta, reserved_delta, place
            )
        ) as u
        join inventory.inventory_stock as s on s.store_id = u.store_id and s.product_id = u.product_id
        window running as (partition by u.store_id, u.product_id order by u.place)
    ) as c
    where c.on_hand + c.on_hand_change not between -9223372036854775808 and 9223372036854775807
        or c.on_hand - c.reserved + c.change not between -9223372036854775808 and 9223372036854775807
    order by c.place
    limit 1;
    if not found then
        raise exception 'a change is too large' using errcode = 'numeric_value_out_of_range';
    end if;
    perform inventory._raise_out_of_range(v_far.store_id, v_far.product_id, v_far.on_hand, v_far.reserved, v_far.change);
exception when numeric_value_out_of_range then
    if in_requests is null or v_far.place is null then
        raise;
    end if;
    get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
    raise exception 'request %: %', in_requests[v_far.place], v_message
        using errcode = 'numeric_value_out_of_range', schema = 'inventory', table = 'inventory_stock', detail = v_detail;
end
$$;

comment on function inventory._raise_change_out_of_range(inventory.stock_change[], integer[]) is
    'Refuses changes of which one takes a balance out of range: says whose, and of which request.';
