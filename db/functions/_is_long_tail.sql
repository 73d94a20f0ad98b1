-- Whether the feed tells of so much since a position that a walk over all stock rows costs less than a look-up for each: 200 000 movements or
-- events. By rows, for one transaction may write them all.
--   in_xmax, in_xip  of the position's snapshot
--   in_epoch         what came from another server is no news
-- Stops counting there. Reads: stock_ledger, inventory_event, by their indexes on xid.
create or replace function inventory._is_long_tail(in_xmax xid8, in_xip xid8[], in_epoch inventory.epoch) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
begin
    return exists (
            select from inventory.stock_ledger as m where m.xid >= in_xmax and m.movement_id + 0 > in_epoch.movement_id_floor offset 200000
        )
        or exists (
            select from inventory.inventory_event as e where e.xid >= in_xmax and e.event_seq + 0 > in_epoch.event_seq_floor offset 200000
        )
        or cardinality(in_xip) > 0 and (
            exists (select from inventory.stock_ledger as m where m.xid = any (in_xip) offset 200000)
            or exists (select from inventory.inventory_event as e where e.xid = any (in_xip) offset 200000)
        );
end
$$;

comment on function inventory._is_long_tail(xid8, xid8[], inventory.epoch) is
    'Whether more is told of since a position than a walk over all stock rows would cost.';
