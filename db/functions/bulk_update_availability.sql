-- Says of many products whether they are offered, all or nothing, with an event for each that changes.
--   updates          [{sku, availability}], 1 to 10 000, each sku once
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
-- Returns the answer: success, errors, replayed, updated (how many were another before), unchanged, ticket.
-- Raises 22... for wrong arguments, SD006 for unknown skus (ten are named), 40001 when another transaction was first.
-- Writes: inventory_deduction_idempotency, products, inventory_event (availability_changed).
-- Locks: the idempotency key, then products by product_id.
create or replace function inventory.bulk_update_availability(
    updates jsonb, actor text default null, idempotency_key text default null, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_operation inventory.operation;
    v_update jsonb;
    v_place integer;
    v_wrong text;
    v_before record;
    v_updated bigint;
begin
    v_operation := inventory._begin_operation(
        'bulk_update_availability', null, jsonb_build_object('updates', bulk_update_availability.updates), null,
        bulk_update_availability.actor, null, bulk_update_availability.idempotency_key, bulk_update_availability.correlation_id,
        null, null, false
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    if jsonb_typeof(bulk_update_availability.updates) is distinct from 'array'
        or jsonb_array_length(bulk_update_availability.updates) not between 1 and 10000
    then
        raise exception 'updates are an array of 1 to 10000 objects'
            using errcode = 'invalid_parameter_value', hint = 'Like [{"sku": "MUG", "availability": "out_of_stock"}].';
    end if;
    for v_update, v_place in
        select u.value, u.place from jsonb_array_elements(bulk_update_availability.updates) with ordinality as u (value, place)
    loop
        if jsonb_typeof(v_update) <> 'object' or jsonb_typeof(v_update -> 'sku') is distinct from 'string'
            or jsonb_typeof(v_update -> 'availability') is distinct from 'string' or v_update - array['sku', 'availability'] <> '{}'
        then
            raise exception 'update % is none', v_place
                using errcode = 'invalid_parameter_value', detail = left(v_update::text, 200),
                hint = 'An update has sku and availability, and nothing else.';
        end if;
        perform inventory._check_availability(v_update ->> 'availability', format('update %s: ', v_place));
    end loop;
    select u.sku into v_wrong
    from jsonb_to_recordset(bulk_update_availability.updates) as u (sku text)
    group by u.sku
    having count(*) > 1
    limit 1;
    if found then
        raise exception 'updates name "%" more than once', left(v_wrong, 200) using errcode = 'invalid_parameter_value';
    end if;
    select string_agg(quote_ident(left(w.sku, 200)), ', ' order by w.sku) into v_wrong
    from (
        select u.sku
        from jsonb_to_recordset(bulk_update_availability.updates) as u (sku text)
        where not exists (select from inventory.products as p where p.sku = u.sku)
        order by u.sku
        limit 10
    ) as w;
    if v_wrong is not null then
        raise exception 'no product has the sku %', v_wrong
            using errcode = 'SD006', hint = 'Skus are case-sensitive: select sku from inventory.products.';
    end if;
    v_before := inventory._speak_for(v_operation.actor, v_operation.correlation_id);
    perform from inventory.products as p
    where p.sku in (select u.sku from jsonb_to_recordset(bulk_update_availability.updates) as u (sku text))
    order by p.product_id
    for no key update;
    update inventory.products as p set availability = u.availability
    from jsonb_to_recordset(bulk_update_availability.updates) as u (sku text, availability text)
    where p.sku = u.sku and p.availability <> u.availability;
    get diagnostics v_updated = row_count;
    perform inventory._speak_for(v_before.actor, v_before.correlation_id);
    return inventory._finish_operation(v_operation, null, null, jsonb_build_object(
        'updated', v_updated, 'unchanged', jsonb_array_length(bulk_update_availability.updates) - v_updated
    ));
end
$$;

comment on function inventory.bulk_update_availability(jsonb, text, text, text) is
    'Says of many products whether they are offered: {sku, availability} each, all or nothing.';
