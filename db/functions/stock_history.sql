-- Answers "why is this 47?": the movements of one product in one store, each with its balance, its document, who and why.
--   sku, store    which stock row
--   since, until  movements recorded from since (included) to until (not included); null is open
--   limit         at most so many, the last ones; null is all
-- Returns them in the order of versions. Raises SD006 for an unknown store or sku. Reads: stock_ledger, stock_documents. Locks nothing.
create or replace function inventory.stock_history(
    sku text, store text, since timestamptz default null, until timestamptz default null, "limit" bigint default null
)
returns table (
    version bigint, kind text, on_hand_delta bigint, reserved_delta bigint, on_hand bigint, reserved bigint, available bigint,
    reason text, reference text, actor text, correlation_id text, occurred_at timestamptz, recorded_at timestamptz,
    document_id bigint, document_kind text, party text, movement_id bigint
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
    v_store_id bigint := inventory._store_id(stock_history.store);
    v_product_id bigint := inventory._product_id(stock_history.sku);
begin
    return query
        select
            h.version, h.kind, h.on_hand_delta, h.reserved_delta, h.on_hand_after, h.reserved_after,
            h.on_hand_after - h.reserved_after, h.reason, h.reference, h.actor, h.correlation_id, h.occurred_at, h.recorded_at,
            h.document_id, d.kind, d.party, h.movement_id
        from (
            select l.*
            from inventory.stock_ledger as l
            where l.store_id = v_store_id and l.product_id = v_product_id
                and l.recorded_at >= coalesce(stock_history.since, '-infinity')
                and l.recorded_at < coalesce(stock_history.until, 'infinity')
            order by l.version desc
            limit stock_history."limit"
        ) as h
        left join inventory.stock_documents as d on d.document_id = h.document_id
        order by h.version;
end
$$;

comment on function inventory.stock_history(text, text, timestamptz, timestamptz, bigint) is
    'Answers "why is this 47?": the movements of a product in a store, each with its balance, its document, who and why.';
