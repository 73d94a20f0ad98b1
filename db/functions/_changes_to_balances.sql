-- The changes that bring stock rows to the balances that lines say; rows that are there already get none, new ones always.
--   in_lines  each product once; their stock rows are locked
--   in_made   keys of those that were made for it: without a movement nobody would be told of them
-- Returns the changes, or the errors (version_conflict) of rows that are not as their line expected.
-- Reads: inventory_stock, stock_remainders.
drop function if exists inventory._changes_to_balances(inventory.operation, inventory.operation_line[]);
create or replace function inventory._changes_to_balances(
    in_operation inventory.operation, in_lines inventory.operation_line[], in_made inventory.stock_key[], out changes inventory.stock_change[], out errors jsonb
)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    select
        coalesce(
            array_agg(
                (
                    d.line, in_operation.store_id, in_operation.store, d.product_id, d.sku,
                    case when d.is_made then 'opening' else 'count' end,
                    d.numerator, d.denominator, case d.denominator when 1 then d.numerator end, 0
                )::inventory.stock_change
                order by d.line
            ) filter (where d.numerator <> 0 or d.is_made),
            '{}'
        ),
        jsonb_agg(
            inventory._version_conflict(
                in_operation.store, d.sku, d.line,
                case when d.is_other_version then format('version %s', d.expected_version)
                    else format('quantity %s %s', d.expected_quantity, d.unit) end,
                case when d.is_other_version then format('version %s', d.version)
                    else format('%s %s', trim_scale(round(d.on_hand + d.rest_numerator / d.rest_denominator, 9)), d.base_unit) end,
                d.version
            )
            order by d.line
        ) filter (where d.is_other_version or d.is_other_quantity)
    from (
        select
            l.line, l.product_id, l.sku, l.unit, l.base_unit, l.expected_version, l.expected_quantity, s.version, s.on_hand,
            (s.store_id, s.product_id) in (select m.store_id, m.product_id from unnest(in_made) as m) as is_made,
            r.numerator as rest_numerator, r.denominator as rest_denominator, f.numerator, f.denominator,
            coalesce(l.expected_version <> s.version, false) as is_other_version,
            coalesce(
                l.expected_quantity * l.unit_numerator * r.denominator
                    <> (s.on_hand * r.denominator + r.numerator) * l.unit_denominator,
                false
            ) as is_other_quantity
        from unnest(in_lines) as l
        join inventory.inventory_stock as s on s.store_id = in_operation.store_id and s.product_id = l.product_id
        left join lateral (
            select coalesce(max(m.numerator), 0) as numerator, coalesce(max(m.denominator), 1) as denominator
            from inventory.stock_remainders as m
            where m.store_id = s.store_id and m.product_id = s.product_id
        ) as r on true
        cross join lateral inventory._fraction(
            l.numerator * r.denominator - (s.on_hand * r.denominator + r.numerator) * l.denominator,
            l.denominator * r.denominator
        ) as f
    ) as d
$$;

comment on function inventory._changes_to_balances(inventory.operation, inventory.operation_line[], inventory.stock_key[]) is
    'The changes that bring stock rows to the balances that lines say, or the conflicts with what lines expected.';
