-- Cost of a base unit at the last purchase of a product in a store that said one; null when none did.
-- Reads: stock_document_lines, stock_documents.
create or replace function inventory._last_cost(in_store_id bigint, in_product_id bigint) returns numeric
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select i.unit_cost * i.quantity * i.denominator / i.numerator
        from inventory.stock_document_lines as i
        join inventory.stock_documents as d on d.document_id = i.document_id
        where i.product_id = in_product_id and i.unit_cost is not null and d.store_id = in_store_id and d.kind = 'purchase'
        order by i.document_id desc, i.line desc
        limit 1
    );
end
$$;

comment on function inventory._last_cost(bigint, bigint) is 'Cost of a base unit at the last purchase of a product in a store; null when none said it.';
