-- Changes or ends holds of an order, whose stock rows are locked. Only one that is held takes another state: held, then committed, released
-- or expired, once.
-- Writes: stock_holds.
create or replace function inventory._change_holds(in_changes inventory.hold_change[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
set jit = off
as $$
begin
    update inventory.stock_holds as h set
        state = c.state, is_settled = c.is_settled, units = coalesce(c.units, h.units),
        numerator = coalesce(c.numerator, h.numerator), denominator = coalesce(c.denominator, h.denominator),
        quantity = coalesce(
            trim_scale(round(c.numerator * h.unit_denominator / (c.denominator * h.unit_numerator), 9)), h.quantity
        ),
        changed_at = clock_timestamp()
    from unnest(in_changes) as c
    where h.hold_id = c.hold_id and not h.is_settled and h.state in ('held', c.state);
end
$$;

comment on function inventory._change_holds(inventory.hold_change[]) is 'Changes or ends holds of an order.';
