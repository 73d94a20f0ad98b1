-- The same as _sold_30(), today, for a row of _unfolded(): with the sales that are not folded yet.
-- Reads: stores, sales_by_day, folded_stock; for late sales, or where nobody folds, stock_ledger.
create or replace function inventory._sold_30_now(in_row inventory.unfolded_stock) returns numeric
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    -- A row says it only where it had to be looked up.
    v_zone text := coalesce(in_row.time_zone, (select t.time_zone from inventory.stores as t where t.store_id = in_row.store_id));
    v_today date := (now() at time zone v_zone)::date;
    v_from timestamptz := (v_today - 30)::timestamp at time zone v_zone;
    v_until timestamptz := v_today::timestamp at time zone v_zone;
    v_sold numeric := 0;
begin
    if not in_row.is_compared then
        v_sold := inventory._sold_30(in_row.store_id, in_row.product_id, v_today);
        if in_row.sold is null or in_row.sold_first >= v_until then
            return v_sold;
        end if;
    end if;
    return v_sold + coalesce(
        (
            select -sum(m.on_hand_delta)
            from inventory.stock_ledger as m
            where m.store_id = in_row.store_id and m.product_id = in_row.product_id
                and m.version >= case when in_row.is_compared then 0 else in_row.first_version end
                and inventory._is_sale(m.kind)
                and m.occurred_at >= v_from and m.occurred_at < v_until
        ), 0
    );
end
$$;

comment on function inventory._sold_30_now(inventory.unfolded_stock) is 'What was sold in the 30 whole days before today, with what is not folded yet.';
