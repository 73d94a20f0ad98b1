-- Health: does everything of this store stay in it? Keys make it impossible; this looks whether it is so.
-- Reads: conversion_mappings, inventory_stock, inventory_deductions, inventory_compensation_log, stock_documents, stock_document_lines,
-- stock_ledger, stock_holds, stock_reservations, the catalog's constraints. Of documents the last 24 hours, 10 000 lines at most.
create or replace function inventory._health_of_stores(in_store_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys text;
    v_foreign bigint;
    v_without_stock bigint;
begin
    select string_agg(k.name, ', ' order by k.name) into v_keys
    from (values ('inventory_stock', 'product_id'), ('conversion_mappings', 'recipe_ingredient_name')) as k (name, other)
    where not exists (
        select from pg_constraint as c
        where c.conrelid = format('inventory.%I', k.name)::regclass and c.contype = 'p'
            and (select a.attname from pg_attribute as a where a.attrelid = c.conrelid and a.attnum = c.conkey[1]) = 'store_id'
    );
    select
        (
            select count(*)
            from inventory.stock_documents as d
            join inventory.inventory_deductions as i on i.document_id = d.document_id and i.store_id <> d.store_id
            where in_store_id in (d.store_id, i.store_id) and d.kind = 'deduction' and d.recorded_at > now() - interval '24 hours'
        ) + (
            select count(*)
            from inventory.inventory_compensation_log as g
            join inventory.stock_documents as d on d.document_id = g.deduction_document_id and d.store_id <> g.store_id
            where g.store_id = in_store_id and g.recorded_at > now() - interval '24 hours'
        ) + (
            select count(*)
            from inventory.stock_holds as h
            join inventory.stock_reservations as r on r.reservation_id = h.reservation_id and r.store_id <> h.store_id
            where h.store_id = in_store_id and h.state = 'held'
        ) + (
            -- The movement of a line is in the store of its document, and says so.
            select count(*)
            from (
                select d.store_id, d.document_id, l.product_id, l.version
                from inventory.stock_documents as d
                join inventory.stock_document_lines as l on l.document_id = d.document_id
                where d.store_id = in_store_id and d.recorded_at > now() - interval '24 hours'
                    and d.kind in ('sale', 'purchase', 'return') and l.version is not null
                limit 10000
            ) as l
            where not exists (
                select from inventory.stock_ledger as o
                where o.store_id = l.store_id and o.product_id = l.product_id and o.version = l.version and o.document_id = l.document_id
            )
        )
    into v_foreign;
    select count(*) into v_without_stock
    from inventory.conversion_mappings as m
    where m.store_id = in_store_id and not exists (
        select from inventory.inventory_stock as s where s.store_id = m.store_id and s.product_id = m.product_id
    );
    return inventory._health_check(
        'Cross-store prevention',
        case
            when v_keys is not null then format('The primary key of %s does not begin with the store.', v_keys)
            when v_foreign > 0 then format('%s documents, holds or compensations took from another store than their own.', v_foreign)
        end,
        case when v_without_stock > 0 then format('%s mappings name products that this store has no stock row of.', v_without_stock) end,
        'Nothing of another store is touched.',
        'Critical: a key without the store, or a document, compensation or movement of the last 24 hours, or a hold, that is of two stores. Warning: a mapping to a product without a stock row here.',
        jsonb_build_object('of_two_stores', v_foreign, 'mappings_without_stock', v_without_stock)
    );
end
$$;

comment on function inventory._health_of_stores(bigint) is 'Health: does everything of a store stay in it?';
