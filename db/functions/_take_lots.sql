-- Takes units out of the lots of a stock row in the order of its policy, those that may still be sold first. What is sold is never taken
-- from a lot that has expired; what is adjusted, counted or changed by plain SQL is, when there is nothing else. What is taken while
-- there is nothing is owed: a debt at the last known cost, which the next receipt settles.
--   in_version              of the movement
--   in_quantity             base units, above 0
--   in_is_sold              sold, or gone otherwise
--   in_lot, in_expires_on   null, or the lot that is asked for by its name: then nothing else is taken, and nothing owed
-- Returns what is missing of the lot that is asked for, 0 when nothing is.
-- Reads: lot_policies. Writes: stock_lots, stock_lot_entries. Locks: nothing more; whoever calls it holds the stock row.
create or replace function inventory._take_lots(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_quantity bigint, in_is_sold boolean, in_lot text, in_expires_on date,
    in_document_id bigint, in_occurred_at timestamptz
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_is_fefo boolean := exists (
        select from inventory.lot_policies as p where p.product_id = in_product_id and p.policy = 'fefo'
    );
    v_day date := inventory._store_day(in_store_id);
    v_takes_expired boolean := false;
    v_rest bigint := in_quantity;
    v_part bigint;
    v_lot record;
    v_value numeric;
begin
    while v_rest > 0 loop
        if v_is_fefo then
            select l.* into v_lot
            from inventory.stock_lots as l
            where l.store_id = in_store_id and l.product_id = in_product_id and l.is_open and not l.is_debt
                and coalesce(l.expires_on < v_day, false) = v_takes_expired
                and (in_lot is null or l.lot = in_lot) and (in_expires_on is null or l.expires_on = in_expires_on)
            order by l.expires_on, l.age, l.lot_id
            limit 1;
        else
            select l.* into v_lot
            from inventory.stock_lots as l
            where l.store_id = in_store_id and l.product_id = in_product_id and l.is_open and not l.is_debt
                and coalesce(l.expires_on < v_day, false) = v_takes_expired
                and (in_lot is null or l.lot = in_lot) and (in_expires_on is null or l.expires_on = in_expires_on)
            order by l.age, l.lot_id
            limit 1;
        end if;
        if not found then
            exit when in_is_sold or v_takes_expired;
            v_takes_expired := true;
            continue;
        end if;
        v_part := least(v_rest, v_lot.remaining_quantity);
        v_value := inventory._cost_share(v_lot.value, v_lot.taken + v_part, v_lot.quantity);
        update inventory.stock_lots as l set taken = v_lot.taken + v_part, taken_value = v_value where l.lot_id = v_lot.lot_id;
        insert into inventory.stock_lot_entries (
            lot_id, store_id, product_id, version, kind, quantity, value, document_id, occurred_at
        )
        values (
            v_lot.lot_id, in_store_id, in_product_id, in_version, 'taken', -v_part, v_lot.taken_value - v_value, in_document_id,
            in_occurred_at
        );
        v_rest := v_rest - v_part;
    end loop;
    if v_rest = 0 or in_lot is not null or in_expires_on is not null then
        return v_rest;
    end if;
    perform inventory._owe_units(in_store_id, in_product_id, in_version, 'taken', v_rest, in_document_id, null, in_occurred_at);
    return 0;
end
$$;

comment on function inventory._take_lots(bigint, bigint, bigint, bigint, boolean, text, date, bigint, timestamptz) is
    'Takes units out of lots in the order of the policy.';

-- Adds units to what a stock row owes, at the last known cost.
--   in_version   of the movement; of a policy, that of the last one
--   in_kind      taken, or opened with the policy
--   in_quantity  base units, above 0
create or replace function inventory._owe_units(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_kind text, in_quantity bigint, in_document_id bigint, in_actor text,
    in_occurred_at timestamptz
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value numeric := inventory._last_cost(in_store_id, in_product_id, in_quantity);
    v_lot_id bigint;
begin
    insert into inventory.stock_lots as l (store_id, product_id, is_debt, age, quantity, value, taken, taken_value)
    values (in_store_id, in_product_id, true, 0, 0, 0, in_quantity, v_value)
    on conflict (store_id, product_id) where is_debt
        do update set taken = l.taken + excluded.taken, taken_value = l.taken_value + excluded.taken_value
    returning l.lot_id into v_lot_id;
    insert into inventory.stock_lot_entries (
        lot_id, store_id, product_id, version, kind, quantity, value, document_id, actor, occurred_at
    )
    values (
        v_lot_id, in_store_id, in_product_id, in_version, in_kind, -in_quantity, -v_value, in_document_id, in_actor, in_occurred_at
    );
end
$$;

comment on function inventory._owe_units(bigint, bigint, bigint, text, bigint, bigint, text, timestamptz) is
    'Adds units to what a stock row owes, at the last known cost.';
