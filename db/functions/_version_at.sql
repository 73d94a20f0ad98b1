-- The version that a stock row had at a time: that of its last movement recorded by then. Steps back from the newest movement in
-- growing strides and then halves the last one, so that it takes a few index look-ups however many movements there are.
-- recorded_at of neighbours may stand in the other order, when a client's movement waited for its row; then one of the borders between
-- them is found. A version that is not there was let go with its month, and counts as recorded by then.
--   in_version  the newest version of the row
-- Returns 0 when nothing was recorded by then. Reads: stock_ledger.
create or replace function inventory._version_at(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_time timestamptz
) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until bigint;
    v_after bigint := in_version + 1;
    v_version bigint;
    v_stride bigint := 1;
begin
    loop
        if v_until is null then
            v_version := greatest(v_after - v_stride, 0);
            v_stride := 2 * v_stride;
        else
            exit when v_after - v_until <= 1;
            v_version := (v_until + v_after) / 2;
        end if;
        if v_version > 0 and exists (
            select from inventory.stock_ledger as l
            where l.store_id = in_store_id and l.product_id = in_product_id and l.version = v_version and l.recorded_at > in_time
        ) then
            v_after := v_version;
        else
            v_until := v_version;
        end if;
    end loop;
    return v_until;
end
$$;

comment on function inventory._version_at(bigint, bigint, bigint, timestamptz) is 'The version that a stock row had at a time.';
