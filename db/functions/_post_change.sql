-- Brings a change by plain SQL, or an imported one, into the lots of its stock row: as a function's, but it names no lot, no cost and
-- no purpose.
--   in_version  of the movement;  in_delta  its on_hand_delta
-- Returns true. Called for stock rows that keep lots, by triggers, where a value is worked out for the ledger anyway.
create or replace function inventory._post_change(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_delta bigint, in_occurred_at timestamptz default now()
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if in_delta < 0 then
        perform inventory._take_lots(
            in_store_id, in_product_id, in_version, -in_delta, false, null, null, null, in_occurred_at
        );
    elsif in_delta > 0 then
        perform inventory._put_lot(
            in_store_id, in_product_id, in_version, 'received', in_delta, null, null, null, null, null, null, null, in_occurred_at
        );
    end if;
    return true;
end
$$;

comment on function inventory._post_change(bigint, bigint, bigint, bigint, timestamptz) is
    'Brings a change by plain SQL into the lots of its stock row.';
