-- The error of a stock row that is short, in the words that people know.
--   in_need, in_have  base units asked for by the whole request, and available before it; what others hold of what has expired may take
--                     that below 0, and then there are none to be had
--   in_label          null: "Insufficient stock of SKU in STORE"; else what stands before "Need", as "Product A - Ingredient X", and then
--                     the message ends with the unit, because the name of an ingredient says nothing of it
--   in_lines          lines of the request that ask for it
-- Reads: products.
create or replace function inventory._insufficient(
    in_store text, in_product_id bigint, in_sku text, in_need numeric, in_have numeric, in_lines integer[], in_label text default null
) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'code', 'insufficient_stock',
        'message', format(
            '%s: Need %s, Have %s (Short: %s)', coalesce(in_label, format('Insufficient stock of %s in %s', in_sku, in_store)),
            in_need, h.have, in_need - h.have
        ) || case when in_label is null then '' else ' in ' || p.base_unit end,
        'detail', format(
            'Counted in %s; asked for by %s %s.', p.base_unit, case cardinality(in_lines) when 1 then 'line' else 'lines' end,
            array_to_string(in_lines, ', ')
        ),
        'hint', 'Receive stock first, or set allow_negative for this row.',
        'store', in_store, 'sku', in_sku, 'unit', p.base_unit, 'need', in_need, 'have', h.have, 'short', in_need - h.have,
        'lines', to_jsonb(in_lines)
    )
    from inventory.products as p
    cross join greatest(in_have, 0) as h (have)
    where p.product_id = in_product_id
$$;

comment on function inventory._insufficient(text, bigint, text, numeric, numeric, integer[], text) is
    'The error of a stock row that is short: need, have, short, unit and lines.';
