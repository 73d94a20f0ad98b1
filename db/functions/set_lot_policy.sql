-- Says whether a product keeps lots, in every store, and which one goes first. What is in stock when it begins becomes a lot of its own;
-- when it ends, the lots are closed, and their history stays. From one policy to the other nothing is done but to write it down: what was
-- taken stays taken.
--   sku        the product
--   policy     fifo: what came first goes first; fefo: what expires first; null: keeps none
--   unit_cost  of a base unit that is in stock when lots begin, in each store's currency; left out: 0, and add_lot_cost() says it later
--   actor      who, 200 characters; left out: set local inventory.actor, else the login
-- Returns how many stock rows began or ended to keep lots. Raises SD006 for an unknown sku, 22... for wrong arguments, SD008 above READ
-- COMMITTED, where an older snapshot could miss stock rows.
-- Reads: products. Writes: lot_policies, inventory_stock, stock_lots, stock_lot_entries.
-- Locks: inventory_stock against every other writer until the transaction ends; call it by itself, before anything else.
create or replace function inventory.set_lot_policy(sku text, policy text, unit_cost numeric default null, actor text default null)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_product_id bigint := inventory._product_id(set_lot_policy.sku);
    v_actor text;
    v_row record;
    v_count bigint := 0;
begin
    perform inventory._check_every_store('set_lot_policy()');
    if set_lot_policy.policy not in ('fifo', 'fefo') then
        raise exception 'a lot policy cannot be "%"', left(set_lot_policy.policy, 60)
            using errcode = 'invalid_parameter_value', hint = 'It is fifo, fefo or null.';
    end if;
    if not (set_lot_policy.unit_cost >= 0 and set_lot_policy.unit_cost < 1e12 and min_scale(set_lot_policy.unit_cost) <= 6) then
        raise exception 'unit_cost cannot be %', set_lot_policy.unit_cost
            using errcode = 'invalid_parameter_value',
            hint = 'A number from 0 with at most 12 digits before the decimal point and 6 after it.';
    end if;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'a lot policy needs READ COMMITTED'
            using errcode = 'SD008', hint = 'begin isolation level read committed.';
    end if;
    perform inventory._check_arguments(null, null, set_lot_policy.actor, null, null, null, null);
    select coalesce(set_lot_policy.actor, c.actor) into v_actor from inventory._writer_context() as c;
    -- Stronger than what row locks need: nobody may hold a row of it, and nobody make one that does not know the policy.
    lock table inventory.inventory_stock in exclusive mode;
    if set_lot_policy.policy is null then
        delete from inventory.lot_policies as p where p.product_id = v_product_id;
    else
        insert into inventory.lot_policies as p (product_id, policy, actor)
        values (v_product_id, set_lot_policy.policy, v_actor)
        on conflict (product_id) do update
            set policy = excluded.policy, actor = excluded.actor, updated_at = excluded.updated_at;
    end if;
    for v_row in
        select s.store_id, s.product_id, s.on_hand, s.version
        from inventory.inventory_stock as s
        where s.product_id = v_product_id and s.keeps_lots <> (set_lot_policy.policy is not null)
        order by s.store_id
    loop
        v_count := v_count + 1;
        update inventory.inventory_stock as s set keeps_lots = not s.keeps_lots
        where s.store_id = v_row.store_id and s.product_id = v_row.product_id;
        if set_lot_policy.policy is null then
            perform inventory._close_lots(v_row.store_id, v_row.product_id, v_row.version, v_actor);
        elsif v_row.on_hand > 0 then
            perform inventory._put_lot(
                v_row.store_id, v_row.product_id, v_row.version, 'opened', v_row.on_hand,
                v_row.on_hand * coalesce(set_lot_policy.unit_cost, 0), null, null, null, null, null, v_actor, now()
            );
        elsif v_row.on_hand < 0 then
            -- No movement takes it: of the last one's cost it is no part.
            perform inventory._owe_units(
                v_row.store_id, v_row.product_id, v_row.version, 'opened', -v_row.on_hand, null, v_actor, now()
            );
        end if;
        perform inventory._write_cost_event(v_row.store_id, v_row.product_id, null, null, v_actor);
    end loop;
    return v_count;
end
$$;

comment on function inventory.set_lot_policy(text, text, numeric, text) is
    'Says whether a product keeps lots, fifo or fefo, or none: null. What is in stock when it begins becomes a lot of its own.';

-- Closes the lots of a stock row that keeps none any more.
create or replace function inventory._close_lots(in_store_id bigint, in_product_id bigint, in_version bigint, in_actor text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into inventory.stock_lot_entries (lot_id, store_id, product_id, version, kind, quantity, value, actor, occurred_at)
    select
        l.lot_id, l.store_id, l.product_id, in_version, 'closed', -l.remaining_quantity, -l.remaining_value, in_actor, now()
    from inventory.stock_lots as l
    where l.store_id = in_store_id and l.product_id = in_product_id and l.is_open
    order by l.lot_id;
    update inventory.stock_lots as l set taken = l.quantity, taken_value = l.value
    where l.store_id = in_store_id and l.product_id = in_product_id and l.is_open;
end
$$;

comment on function inventory._close_lots(bigint, bigint, bigint, text) is 'Closes the lots of a stock row.';
