-- Puts units into a lot: into the newest one when it has the same name, date of expiry and cost of a unit, else into a new one. What was
-- owed, taken while there was nothing, is settled from it at once: two entries, what the debt was estimated at and what it cost now,
-- whose difference is the correction. Nothing that was recorded before is touched.
--   in_version            of the movement
--   in_kind               received, returned or opened
--   in_quantity           base units, above 0
--   in_value              what they cost; null: at the cost of a unit of what came last, 0 when that is not known
--   in_age                null, or the place of the lot that returned goods came from: they go before what came later
--   in_original_entry_id  the entry that took what is returned
-- Writes: stock_lots, stock_lot_entries. Locks: nothing more; whoever calls it holds the stock row.
create or replace function inventory._put_lot(
    in_store_id bigint, in_product_id bigint, in_version bigint, in_kind text, in_quantity bigint, in_value numeric, in_lot text,
    in_expires_on date, in_age bigint, in_original_entry_id bigint, in_document_id bigint, in_actor text, in_occurred_at timestamptz
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value numeric := coalesce(in_value, inventory._last_cost(in_store_id, in_product_id, in_quantity));
    v_lot record;
    v_debt record;
    v_part bigint;
    v_owed numeric;
    v_paid numeric;
begin
    select l.* into v_lot
    from inventory.stock_lots as l
    where l.store_id = in_store_id and l.product_id = in_product_id and l.is_open and not l.is_debt
        and (in_age is null or l.age = in_age and l.value * in_quantity = v_value * l.quantity)
    order by l.age desc, l.lot_id desc
    limit 1;
    if found and v_lot.lot is not distinct from in_lot and v_lot.expires_on is not distinct from in_expires_on
        and v_lot.value * in_quantity = v_value * v_lot.quantity
    then
        update inventory.stock_lots as l set quantity = l.quantity + in_quantity, value = l.value + v_value
        where l.lot_id = v_lot.lot_id
        returning l.* into v_lot;
    else
        insert into inventory.stock_lots as l (lot_id, store_id, product_id, lot, expires_on, age, quantity, value)
        overriding system value
        select n.id, in_store_id, in_product_id, in_lot, in_expires_on, coalesce(in_age, n.id), in_quantity, v_value
        from nextval('inventory.stock_lots_lot_id_seq') as n (id)
        returning l.* into v_lot;
    end if;
    insert into inventory.stock_lot_entries (
        lot_id, store_id, product_id, version, kind, quantity, value, original_entry_id, document_id, actor, occurred_at
    )
    values (
        v_lot.lot_id, in_store_id, in_product_id, in_version, in_kind, in_quantity, v_value, in_original_entry_id, in_document_id,
        in_actor, in_occurred_at
    );
    select l.* into v_debt
    from inventory.stock_lots as l
    where l.store_id = in_store_id and l.product_id = in_product_id and l.is_debt;
    if not found or v_debt.taken = 0 then
        return;
    end if;
    v_part := least(in_quantity, v_debt.taken);
    v_owed := v_debt.taken_value - inventory._cost_share(v_debt.taken_value, v_debt.taken - v_part, v_debt.taken);
    v_paid := inventory._cost_share(v_lot.value, v_lot.taken + v_part, v_lot.quantity) - v_lot.taken_value;
    update inventory.stock_lots as l set taken = l.taken - v_part, taken_value = l.taken_value - v_owed
    where l.lot_id = v_debt.lot_id;
    update inventory.stock_lots as l set taken = l.taken + v_part, taken_value = l.taken_value + v_paid
    where l.lot_id = v_lot.lot_id;
    insert into inventory.stock_lot_entries (
        lot_id, store_id, product_id, version, kind, quantity, value, document_id, actor, occurred_at
    )
    values
        (v_debt.lot_id, in_store_id, in_product_id, in_version, 'settled', v_part, v_owed, in_document_id, in_actor, in_occurred_at),
        (v_lot.lot_id, in_store_id, in_product_id, in_version, 'settled', -v_part, -v_paid, in_document_id, in_actor, in_occurred_at);
end
$$;

comment on function inventory._put_lot(
    bigint, bigint, bigint, text, bigint, numeric, text, date, bigint, bigint, bigint, text, timestamptz
) is 'Puts units into a lot, and settles what was owed.';

-- What units cost when nobody says it: as those of the lot that came last.
create or replace function inventory._last_cost(in_store_id bigint, in_product_id bigint, in_quantity bigint) returns numeric
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select inventory._cost_share(l.value, in_quantity, l.quantity)
            from inventory.stock_lots as l
            where l.store_id = in_store_id and l.product_id = in_product_id and l.age = l.lot_id
            order by l.lot_id desc
            limit 1
        ),
        0
    );
end
$$;

comment on function inventory._last_cost(bigint, bigint, bigint) is 'What units cost as the ones that came last.';
