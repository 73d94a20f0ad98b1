-- Turns the exact quantities of changes into whole units. What is there of a product is on_hand and a remainder of less than one unit;
-- a change moves their sum, exactly, and on_hand is its whole units. So n changes of q come to the same as one of n*q, in any order and
-- with any others between them, and giving back what was taken restores both.
--   in_changes  in the order in which they are made; their stock rows are locked
-- Returns them with on_hand_delta, null where it is no bigint. Only stock rows with a change that is no whole number are looked at.
-- Raises 22003 when a remainder can no longer be kept exactly: too many units with too different denominators.
-- Reads: inventory_stock, stock_remainders. Writes: stock_remainders, stock_remainder_steps. Locks: nothing more than the stock rows.
create or replace function inventory._settle_remainders(in_changes inventory.stock_change[]) returns inventory.stock_change[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_changes inventory.stock_change[];
    v_unkept record;
begin
    select c.store, c.sku into v_unkept
    from unnest(in_changes) as c
    left join inventory.stock_remainders as r on r.store_id = c.store_id and r.product_id = c.product_id
    group by c.store_id, c.product_id, c.store, c.sku
    having lcm(inventory._lcm(c.denominator), coalesce(min(r.denominator), 1)) >= 1e60
    limit 1;
    if found then
        raise exception 'the remainder of % in % cannot be kept exactly', v_unkept.sku, v_unkept.store
            using errcode = 'numeric_value_out_of_range', detail = 'Its denominator would have more than 60 digits.',
            hint = 'Count the product, which sets the remainder to what was counted, and use fewer different units.';
    end if;
    with asked as (
        select
            c.*, count(*) over running as step, bool_or(c.denominator <> 1) over (partition by c.store_id, c.product_id) as is_fine
        from unnest(in_changes) with ordinality as c (
            line, store_id, store, product_id, sku, kind, numerator, denominator, on_hand_delta, reserved_delta, place
        )
        window running as (partition by c.store_id, c.product_id order by c.place)
    ),
    -- Of each stock row, everything over one denominator.
    bases as (
        select
            k.store_id, k.product_id, k.denominator,
            coalesce(r.numerator * div(k.denominator, r.denominator), 0) as numerator, s.version
        from (
            select a.store_id, a.product_id, lcm(inventory._lcm(a.denominator), coalesce(min(r.denominator), 1)) as denominator
            from asked as a
            left join inventory.stock_remainders as r on r.store_id = a.store_id and r.product_id = a.product_id
            where a.is_fine
            group by a.store_id, a.product_id
        ) as k
        join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
        left join inventory.stock_remainders as r on r.store_id = k.store_id and r.product_id = k.product_id
    ),
    sums as (
        select
            a.*, b.denominator as base, b.version + a.step as version,
            b.numerator + sum(a.numerator * div(b.denominator, a.denominator))
                over (partition by a.store_id, a.product_id order by a.place) as total
        from asked as a
        join bases as b on b.store_id = a.store_id and b.product_id = a.product_id
    ),
    settled as (
        select
            s.*, s.total - inventory._floor(s.total, s.base) * s.base as rest,
            inventory._floor(s.total, s.base)
                - lag(inventory._floor(s.total, s.base), 1, 0::numeric) over (partition by s.store_id, s.product_id order by s.place)
                as whole
        from sums as s
    ),
    steps as (
        insert into inventory.stock_remainder_steps (
            store_id, product_id, version, numerator, denominator, numerator_after, denominator_after
        )
        select s.store_id, s.product_id, s.version, s.numerator, s.denominator, f.numerator, f.denominator
        from settled as s
        cross join lateral inventory._fraction(s.rest, s.base) as f
        where s.denominator <> 1
    ),
    kept as (
        insert into inventory.stock_remainders (store_id, product_id, numerator, denominator)
        select l.store_id, l.product_id, f.numerator, f.denominator
        from (
            select distinct on (s.store_id, s.product_id) s.store_id, s.product_id, s.rest, s.base
            from settled as s
            order by s.store_id, s.product_id, s.place desc
        ) as l
        cross join lateral inventory._fraction(l.rest, l.base) as f
        on conflict (store_id, product_id) do update set numerator = excluded.numerator, denominator = excluded.denominator
    )
    select
        array_agg(
            (
                a.line, a.store_id, a.store, a.product_id, a.sku, a.kind, a.numerator, a.denominator,
                coalesce(case when abs(s.whole) <= 9223372036854775807 then s.whole::bigint end, a.on_hand_delta), a.reserved_delta
            )::inventory.stock_change
            order by a.place
        )
    into v_changes
    from asked as a
    left join settled as s on s.place = a.place;
    return v_changes;
end
$$;

comment on function inventory._settle_remainders(inventory.stock_change[]) is
    'Turns exact quantities into whole units of on_hand; the rest is kept as a remainder.';
