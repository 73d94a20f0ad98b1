-- Lets holds expire whose time is over, the oldest first, so that what they set aside is available again. To be called every second or so.
--   limit  at most so many, 1 to 10 000; call it again while it returns as many
-- Returns how many expired. Raises 22023 for a limit out of range.
-- It does not queue for a stock row: one that somebody has in hand is passed over, and its holds are left for the next call. Two callers at
-- once share the work. reserve_stock() does not depend on it: short of a product, it lets what is over of it expire itself. Sales, deductions and
-- payments leave to others what is set aside until this was called.
-- Reads: stock_reservations. Writes: stock_holds, inventory_stock, stock_ledger.
-- Locks: stock rows FOR NO KEY UPDATE in key order, then their holds, both SKIP LOCKED.
create or replace function inventory.expire_reservations("limit" integer default 1000) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $$
declare
    -- A variable, so that the index is read up to it and no further.
    v_now timestamptz := clock_timestamp();
    v_expired bigint := 0;
    v_due bigint[];
    v_locked bigint[];
    v_taken inventory.stock_key[];
    v_passed_over inventory.stock_key[] := '{}';
    v_actor text := (select c.actor from inventory._writer_context() as c);
begin
    if expire_reservations."limit" is null or expire_reservations."limit" not between 1 and 10000 then
        raise exception 'limit is a number from 1 to 10000' using errcode = 'invalid_parameter_value';
    end if;
    -- Again without the rows that were passed over, so that a hot product with many holds does not keep those of others waiting. Each round
    -- lets go of what the one before had locked: SKIP LOCKED waits after all for whoever changes a row that somebody else has changed at
    -- this moment (heap_lock_updated_tuple()), and whoever waits has to have locked in key order.
    for v_round in 1..10 loop
        v_due := array(
            select h.hold_id
            from inventory.stock_holds as h
            where h.state = 'held' and h.expires_at <= v_now
                and (h.store_id, h.product_id)::inventory.stock_key <> all (v_passed_over)
            order by h.expires_at, h.hold_id
            limit expire_reservations."limit"
        );
        exit when cardinality(v_due) = 0;
        begin
            -- Of each stock row as many as were found, the oldest: the same, but looked up by the index, so that the time grows with their number.
            with keys as materialized (
                select h.store_id, h.product_id, count(*) as holds
                from inventory.stock_holds as h
                where h.hold_id = any (v_due)
                group by h.store_id, h.product_id
            ),
            rows as materialized (
                select s.store_id, s.product_id, k.holds
                from inventory.inventory_stock as s
                join keys as k on k.store_id = s.store_id and k.product_id = s.product_id
                order by s.store_id, s.product_id
                for no key update of s skip locked
            )
            select
                array(
                    select d.hold_id
                    from rows as r
                    cross join lateral (
                        select h.hold_id
                        from inventory.stock_holds as h
                        where h.store_id = r.store_id and h.product_id = r.product_id and h.state = 'held' and h.expires_at <= v_now
                        order by h.expires_at, h.hold_id
                        limit r.holds
                    ) as d
                ),
                array(
                    select (o.store_id, o.product_id)::inventory.stock_key
                    from (
                        select k.store_id, k.product_id from keys as k
                        except
                        select r.store_id, r.product_id from rows as r
                    ) as o
                )
            into v_locked, v_taken;
            if cardinality(v_taken) > 0 and v_round < 10 then
                raise exception 'passed over' using errcode = 'SDREF';
            end if;
            v_expired := inventory._expire_holds(
                v_locked, v_actor, nullif(current_setting('inventory.correlation_id', true), '')
            );
            exit;
        exception when sqlstate 'SDREF' then
            v_passed_over := v_passed_over || v_taken;
        end;
    end loop;
    return v_expired;
end
$$;

comment on function inventory.expire_reservations(integer) is
    'Lets holds expire whose time is over, a bounded number per call; passes over what others have in hand.';
