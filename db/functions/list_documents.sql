-- Lists documents of a store with their lines, the newest first.
--   store      the store's code
--   kind       purchase, sale, return, order, shortfall, deduction or compensation; null is all
--   reference  exactly this one; null is all
--   since, until  that occurred from since (included) to until (not included); null is open
--   limit      at most so many
-- Returns a row per document; lines is [{line, sku, quantity, unit, unit_cost, price, lot, expires_on, version}].
-- Raises SD006 for an unknown store, 22023 for an unknown kind. Reads: stock_documents, stock_document_lines, products. Locks nothing.
create or replace function inventory.list_documents(
    store text, kind text default null, reference text default null, since timestamptz default null,
    until timestamptz default null, "limit" bigint default 100
)
returns table (
    document_id bigint, document_kind text, document_reference text, party text, original_document_id bigint, reason text, actor text,
    correlation_id text, occurred_at timestamptz, recorded_at timestamptz, lines jsonb
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
    v_store_id bigint := inventory._store_id(list_documents.store);
    v_documents bigint[];
begin
    if list_documents.kind not in ('purchase', 'sale', 'return', 'order', 'shortfall', 'deduction', 'compensation') then
        raise exception 'there are no documents of kind "%"', left(list_documents.kind, 60)
            using errcode = 'invalid_parameter_value',
            hint = 'Kinds are purchase, sale, return, order, shortfall, deduction and compensation.';
    end if;
    -- Two statements, because each has an index of its own.
    if list_documents.reference is not null then
        v_documents := array(
            select h.document_id
            from inventory.stock_documents as h
            where h.store_id = v_store_id and h.reference = list_documents.reference
                and (list_documents.kind is null or h.kind = list_documents.kind)
                and h.occurred_at >= coalesce(list_documents.since, '-infinity')
                and h.occurred_at < coalesce(list_documents.until, 'infinity')
            order by h.occurred_at desc, h.document_id desc
            limit list_documents."limit"
        );
    else
        v_documents := array(
            select h.document_id
            from inventory.stock_documents as h
            where h.store_id = v_store_id
                and (list_documents.kind is null or h.kind = list_documents.kind)
                and h.occurred_at >= coalesce(list_documents.since, '-infinity')
                and h.occurred_at < coalesce(list_documents.until, 'infinity')
            order by h.occurred_at desc, h.document_id desc
            limit list_documents."limit"
        );
    end if;
    return query
        select
            d.document_id, d.kind, d.reference, d.party, d.original_document_id, d.reason, d.actor, d.correlation_id,
            d.occurred_at, d.recorded_at, l.lines
        from inventory.stock_documents as d
        cross join lateral (
            select coalesce(
                jsonb_agg(
                    jsonb_strip_nulls(jsonb_build_object(
                        'line', i.line, 'sku', p.sku, 'quantity', trim_scale(i.quantity), 'unit', i.unit,
                        'unit_cost', trim_scale(i.unit_cost), 'price', trim_scale(i.price), 'lot', i.lot,
                        'expires_on', i.expires_on, 'version', i.version
                    ))
                    order by i.line
                ),
                '[]'
            ) as lines
            from inventory.stock_document_lines as i
            left join inventory.products as p on p.product_id = i.product_id
            where i.document_id = d.document_id
        ) as l
        where d.document_id = any (v_documents)
        order by d.occurred_at desc, d.document_id desc;
end
$$;

comment on function inventory.list_documents(text, text, text, timestamptz, timestamptz, bigint) is
    'Documents of a store with their lines, the newest first: by kind, reference and time.';
