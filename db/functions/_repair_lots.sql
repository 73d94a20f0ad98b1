-- What the open lots of a stock row lack, or have too much, below 0: they are to come to on_hand where a policy says that lots are kept,
-- and to nothing where none does.
--   in_figures  as _finding_now() and verify() note them: on_hand, in_lots, keeps_lots, policy
create or replace function inventory._lots_lack(in_figures jsonb) returns numeric
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select case when in_figures -> 'policy' = 'null' then 0 else (in_figures ->> 'on_hand')::numeric end
        - (in_figures ->> 'in_lots')::numeric
$$;

comment on function inventory._lots_lack(jsonb) is 'What the open lots of a stock row lack of on_hand.';

-- The lots of a stock row whose entries do not come to what they have left, and the difference. Of a lot that is gone, too.
-- Reads: stock_lots, stock_lot_entries: all entries of the stock row.
create or replace function inventory._wrong_lots(in_store_id bigint, in_product_id bigint)
returns table (lot_id bigint, quantity bigint, value numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
    return query
    select coalesce(l.lot_id, e.lot_id), d.quantity::bigint, d.value
    from (
        select o.* from inventory.stock_lots as o where o.store_id = in_store_id and o.product_id = in_product_id
    ) as l
    full join (
        select t.lot_id, sum(t.quantity) as quantity, sum(t.value) as value
        from inventory.stock_lot_entries as t
        where t.store_id = in_store_id and t.product_id = in_product_id
        group by t.lot_id
    ) as e on e.lot_id = l.lot_id
    cross join lateral (
        select
            coalesce(l.remaining_quantity, 0) - coalesce(e.quantity, 0) as quantity,
            coalesce(l.remaining_value, 0) - coalesce(e.value, 0) as value
    ) as d
    where d.quantity <> 0 or d.value <> 0;
end
$$;

comment on function inventory._wrong_lots(bigint, bigint) is 'The lots of a stock row whose entries do not come to what they have left.';

-- Brings the lots of a stock row to what it says, for repair(): lots whose entries do not come to what they have left get one that says
-- so; then what the lots have too much is taken out in the order of the policy, and what they lack comes in at the cost of what came last. A row that does not know of its product's policy is told of it.
--   in_version  of the movement that the entries belong to: the repair's
-- Reads: lot_policies. Writes: inventory_stock, stock_lots, stock_lot_entries. Locks: nothing more than the stock row, which the caller holds.
create or replace function inventory._repair_lots(in_store_id bigint, in_product_id bigint, in_version bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_figures jsonb := inventory._finding_now(in_store_id, in_product_id, 'lots');
begin
    update inventory.inventory_stock as s set keeps_lots = not s.keeps_lots
    where s.store_id = in_store_id and s.product_id = in_product_id and s.keeps_lots <> (v_figures -> 'policy' <> 'null');
    insert into inventory.stock_lot_entries (lot_id, store_id, product_id, version, kind, quantity, value, occurred_at)
    select w.lot_id, in_store_id, in_product_id, in_version, 'corrected', w.quantity, w.value, now()
    from inventory._wrong_lots(in_store_id, in_product_id) as w
    order by w.lot_id;
    perform inventory._post_change(in_store_id, in_product_id, in_version, inventory._lots_lack(v_figures)::bigint);
end
$$;

comment on function inventory._repair_lots(bigint, bigint, bigint) is 'Brings the lots of a stock row to what it says.';
