-- The lines of a queued transaction as they say today what the till meant: the products that it named and as many base units as it sold,
-- whatever sku and unit mean by now. Lines that mean the same are as they were queued.
--   in_place  of the request in a batch, for messages; null when it is alone
-- A line whose unit has changed counts in the base unit, its price with it, rounded to 6 decimals.
-- Raises SD006 when a product is gone, 22023 when the base units of a changed unit are no decimal. Reads: products, units.
create or replace function inventory._queued_lines(in_row inventory.offline_transaction_queue, in_place bigint default null) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_line record;
    v_lines jsonb := in_row.lines;
    v_units numeric;
    v_where text := case when in_place is not null then format('request %s: ', in_place) else '' end;
begin
    for v_line in
        select
            t.place, t.line, (t.line ->> 'quantity')::numeric as quantity, s.numerator, s.denominator, p.sku, p.base_unit,
            (r.numerator * s.denominator = s.numerator * r.denominator) is true as is_same_unit
        from jsonb_array_elements(in_row.lines) with ordinality as t (line, place)
        cross join lateral (
            select in_row.product_ids[t.place], in_row.unit_numerators[t.place], in_row.unit_denominators[t.place]
        ) as s (product_id, numerator, denominator)
        left join inventory.products as p on p.product_id = s.product_id
        left join lateral inventory._unit_ratio(
            p.product_id, p.base_unit, p.pieces_per_pack, p.packs_per_box, coalesce(t.line ->> 'unit', p.base_unit)
        ) as r on true
        where p.sku is distinct from t.line ->> 'sku' or (r.numerator * s.denominator = s.numerator * r.denominator) is not true
    loop
        if v_line.sku is null then
            raise exception '%line %: the product that was "%" when it was sold is gone', v_where, v_line.place, left(v_line.line ->> 'sku', 200)
                using errcode = 'SD006', hint = 'Approve it with other lines, or reject it.';
        end if;
        v_line.line := v_line.line || jsonb_build_object('sku', v_line.sku);
        if not v_line.is_same_unit then
            v_units := v_line.quantity * v_line.numerator;
            if mod(v_units * 1000000000, v_line.denominator) <> 0 then
                raise exception '%line %: % has another unit "%" by now', v_where, v_line.place, v_line.sku, left(v_line.line ->> 'unit', 60)
                    using errcode = 'invalid_parameter_value',
                    detail = format('When it was sold, one was %s/%s %s.', v_line.numerator, v_line.denominator, v_line.base_unit),
                    hint = 'Approve it with other lines, or reject it.';
            end if;
            v_line.line := v_line.line || jsonb_build_object(
                'quantity', trim_scale(round(v_units / v_line.denominator, 9)), 'unit', v_line.base_unit
            );
            if jsonb_typeof(v_line.line -> 'price') = 'number' then
                v_line.line := v_line.line || jsonb_build_object(
                    'price', round((v_line.line ->> 'price')::numeric * v_line.denominator / v_line.numerator, 6)
                );
            end if;
        end if;
        v_lines := jsonb_set(v_lines, array[(v_line.place - 1)::text], v_line.line);
    end loop;
    return v_lines;
end
$$;

comment on function inventory._queued_lines(inventory.offline_transaction_queue, bigint) is
    'The lines of a queued transaction as they say today what the till meant.';
