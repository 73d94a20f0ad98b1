-- A finding as it stands in answers.
-- Reads: stores, products.
create or replace function inventory._finding_json(in_finding inventory.stock_findings) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'finding', in_finding.finding_id, 'store', (select t.code from inventory.stores as t where t.store_id = in_finding.store_id),
        'sku', (select p.sku from inventory.products as p where p.product_id = in_finding.product_id),
        'kind', in_finding.kind, 'version', in_finding.version, 'details', in_finding.details, 'found_at', in_finding.found_at
    )
$$;

comment on function inventory._finding_json(inventory.stock_findings) is 'A finding as it stands in answers.';
