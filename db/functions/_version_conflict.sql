-- The error of a stock row that is not as the caller expected, in the words that people know.
--   in_expected, in_found  what was expected and what is there, in words: "version 4", "quantity 12"
create or replace function inventory._version_conflict(
    in_store text, in_sku text, in_line integer, in_expected text, in_found text, in_version bigint
) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'code', 'version_conflict',
        'message', format('Version conflict on inventory_stock_id: %s/%s', in_store, in_sku),
        'detail', format('Line %s expected %s and found %s.', in_line, in_expected, in_found),
        'hint', 'Read the stock row again, and decide again.',
        'store', in_store, 'sku', in_sku, 'version', in_version, 'lines', to_jsonb(array[in_line])
    )
$$;

comment on function inventory._version_conflict(text, text, integer, text, text, bigint) is
    'The error of a stock row that is not as the caller expected.';
