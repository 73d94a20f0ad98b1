-- What a stock row, its last movement, its holds, its remainder and its lots say now, for repair(): in the figures of the finding's details.
--   in_kind  stock_row, missing_stock_row, reserved, remainder or lots
-- Returns the details as verify() would note them, whether they agree or not; null when the row is there and should not be, or the other way
-- round; lots may be there or not whether the row is. The stock row is locked.
-- Reads: inventory_stock, stock_version_kept, stock_ledger, stock_holds, stock_remainders, stock_remainder_steps, stock_lots,
-- stock_lot_entries, lot_policies.
create or replace function inventory._finding_now(in_store_id bigint, in_product_id bigint, in_kind text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_row record;
    v_last record;
begin
    select s.version, s.on_hand, s.reserved, s.keeps_lots into v_row
    from inventory.inventory_stock as s
    where s.store_id = in_store_id and s.product_id = in_product_id;
    if in_kind <> 'lots' and found = (in_kind = 'missing_stock_row') then
        return null;
    end if;
    if in_kind = 'reserved' then
        return jsonb_build_object('reserved', coalesce(v_row.reserved, 0), 'held', (
            select coalesce(sum(h.units), 0) from inventory.stock_holds as h
            where h.store_id = in_store_id and h.product_id = in_product_id and h.state = 'held'
        ));
    elsif in_kind = 'remainder' then
        return jsonb_build_object(
            'remainder', coalesce((
                select m.numerator || '/' || m.denominator from inventory.stock_remainders as m
                where m.store_id = in_store_id and m.product_id = in_product_id
            ), '0/1'),
            'last_step', coalesce((
                select p.numerator_after || '/' || p.denominator_after from inventory.stock_remainder_steps as p
                where p.store_id = in_store_id and p.product_id = in_product_id
                order by p.version desc
                limit 1
            ), '0/1')
        );
    elsif in_kind = 'lots' then
        return jsonb_build_object(
            'on_hand', coalesce(v_row.on_hand, 0), 'keeps_lots', coalesce(v_row.keeps_lots, false),
            'in_lots', (
                select coalesce(sum(l.remaining_quantity), 0) from inventory.stock_lots as l
                where l.store_id = in_store_id and l.product_id = in_product_id and l.is_open
            ),
            'policy', (select o.policy from inventory.lot_policies as o where o.product_id = in_product_id)
        ) || coalesce((
            select jsonb_build_object('wrong_lots', jsonb_agg(w.lot_id order by w.lot_id))
            from inventory._wrong_lots(in_store_id, in_product_id) as w
            having count(*) > 0
        ), '{}');
    end if;
    select l.version, l.on_hand_after, l.reserved_after into v_last
    from inventory.stock_ledger as l
    where l.store_id = in_store_id and l.product_id = in_product_id
    order by l.version desc, l.movement_id desc
    limit 1;
    return jsonb_build_object(
        'version', coalesce(v_row.version, (
            select v.version from inventory.stock_version_kept as v where v.store_id = in_store_id and v.product_id = in_product_id
        ), 0),
        'on_hand', coalesce(v_row.on_hand, 0), 'reserved', coalesce(v_row.reserved, 0),
        'ledger_version', coalesce(v_last.version, 0), 'ledger_on_hand', coalesce(v_last.on_hand_after, 0),
        'ledger_reserved', coalesce(v_last.reserved_after, 0)
    );
end
$$;

comment on function inventory._finding_now(bigint, bigint, text) is 'What a stock row and what it should agree with say now.';
