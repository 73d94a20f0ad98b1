-- Applies changes to their stock rows, set-based, all or none: one UPDATE per stock row, one movement per change, balances and dense
-- versions by window functions. What all changes of a stock row come to must be available, whatever their order.
--   in_operation  for the movements
--   in_operations, in_requests  of a batch instead: its operations, and the number of the one that each change belongs to
--   in_changes    in their order; _lock_changed_rows() was called with them
--   in_lines      what they were asked for by, in the same order, for products that keep lots; null when no line names one
-- Returns the movements, in the order of the changes; or the errors (insufficient_stock, one per stock row that is short; lot_short), and then the
-- caller must raise SDREF, so that the block in which it called this is undone.
-- Raises 22003 for balances that are no bigint, in the words of _raise_change_out_of_range().
-- Reads: inventory_stock, products. Writes: inventory_stock, stock_ledger, stock_remainders, stock_remainder_steps, stock_lots,
-- stock_lot_entries.
create or replace function inventory._apply_changes(
    in_operation inventory.operation, in_changes inventory.stock_change[],
    in_operations inventory.operation[] default null, in_requests integer[] default null,
    in_lines inventory.operation_line[] default null,
    out movements inventory.stock_movement[], out errors jsonb
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_changes inventory.stock_change[] := in_changes;
    v_is_fine boolean := exists (select from unnest(in_changes) as c where c.denominator <> 1);
    v_keeps_lots boolean;
    v_is_far boolean;
begin
    if v_is_fine then
        v_changes := inventory._settle_remainders(in_changes);
    end if;
    -- A block of its own that writes nothing costs next to nothing, and sums of numeric would cost more. What is available is worked out
    -- here for the sake of its range.
    begin
        select
            array_agg(
                (
                    m.line, m.store_id, m.store, m.product_id, m.sku, m.kind, m.on_hand_delta, m.reserved_delta,
                    m.on_hand, m.reserved, m.version
                )::inventory.stock_movement
                order by m.place
            ),
            jsonb_agg(
                inventory._insufficient(m.store, m.product_id, m.sku, -m.change, m.available - m.expired, m.lines)
                order by m.place
            ) filter (
                where m.step = 1 and not m.allow_negative and (
                    m.available + m.change < 0
                    -- What goes out of a hold was looked at by who knows the hold; beyond it goes only what is fresh and nobody holds.
                    or m.change < 0 and m.available - m.expired + m.change < 0
                )
            ),
            bool_or(m.keeps_lots), bool_or(m.on_hand_delta is null or m.on_hand - m.reserved is null)
        into movements, errors, v_keeps_lots, v_is_far
        from (
            select
                c.*, s.allow_negative, s.keeps_lots,
                -- What has expired is not sold. Only the first change of a row asks what there is, and summing up all lots is not cheap.
                s.available,
                case when s.keeps_lots and c.kind in ('sale', 'deduction') and row_number() over running = 1
                    then inventory._expired_units(s.store_id, s.product_id) else 0 end as expired,
                s.on_hand + inventory._sum(c.on_hand_delta) over running as on_hand,
                s.reserved + inventory._sum(c.reserved_delta) over running as reserved,
                s.version + row_number() over running as version,
                row_number() over running as step,
                inventory._sum(c.on_hand_delta - c.reserved_delta) over whole as change,
                case when s.allow_negative then null else array_agg(c.line) over whole end as lines
            from unnest(v_changes) with ordinality as c (
                line, store_id, store, product_id, sku, kind, numerator, denominator, on_hand_delta, reserved_delta, place
            )
            join inventory.inventory_stock as s on s.store_id = c.store_id and s.product_id = c.product_id
            window
                running as (partition by c.store_id, c.product_id order by c.place),
                whole as (partition by c.store_id, c.product_id)
        ) as m;
    exception when numeric_value_out_of_range then
        v_is_far := true;
    end;
    if v_is_far then
        perform inventory._raise_change_out_of_range(v_changes, in_requests);
    end if;
    if errors is not null and v_is_fine then
        errors := inventory._exact_shortages(v_changes, errors);
    end if;
    if errors is null and v_keeps_lots then
        errors := inventory._post_movements(in_operation, in_operations, in_requests, movements, in_lines);
    end if;
    if errors is not null then
        movements := null;
        return;
    end if;
    update inventory.inventory_stock as s set
        on_hand = m.on_hand, reserved = m.reserved, version = m.version,
        updated_at = clock_timestamp()
    from (
        select distinct on (u.store_id, u.product_id) u.store_id, u.product_id, u.on_hand, u.reserved, u.version
        from unnest(movements) as u
        order by u.store_id, u.product_id, u.version desc
    ) as m
    where s.store_id = m.store_id and s.product_id = m.product_id;
    if in_operations is null then
        perform inventory._write_movements(in_operation, movements);
    else
        perform inventory._write_movements_of(in_operations, in_requests, movements);
    end if;
end
$$;

comment on function inventory._apply_changes(
    inventory.operation, inventory.stock_change[], inventory.operation[], integer[], inventory.operation_line[]
) is
    'Applies changes to locked stock rows, all or none: movements, or the errors of the rows that are short.';
