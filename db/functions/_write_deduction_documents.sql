-- Writes the documents of a batch of deductions, their lines and what these take.
--   in_does           which of the requests are done
--   in_part_requests  the number of the request that each part belongs to
-- Returns the operations with their documents.
-- Writes: stock_documents, stock_document_lines, inventory_deductions, inventory_deduction_parts.
create or replace function inventory._write_deduction_documents(
    in_operations inventory.operation[], in_requests inventory.deduction_request[], in_does boolean[],
    in_part_requests integer[], in_parts inventory.deduction_part[]
) returns inventory.operation[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_numbers integer[] := array(select n.number from unnest(in_does) with ordinality as n (does, number) where n.does order by n.number);
    v_documents bigint[];
begin
    with documents as (
        insert into inventory.stock_documents (store_id, kind, reference, party, reason, actor, correlation_id, occurred_at)
        select
            in_operations[n.number].store_id, 'deduction', in_operations[n.number].reference, in_requests[n.number].party,
            in_operations[n.number].reason, in_operations[n.number].actor, in_operations[n.number].correlation_id,
            in_operations[n.number].occurred_at
        from unnest(v_numbers) with ordinality as n (number, place)
        order by n.place
        returning document_id
    )
    select array_agg(d.document_id order by d.document_id) into v_documents from documents as d;
    for v_place in 1 .. cardinality(v_numbers) loop
        in_operations[v_numbers[v_place]].document_id := v_documents[v_place];
    end loop;
    insert into inventory.inventory_deductions (transaction_id, store_id, document_id)
    select in_operations[n.number].transaction_id, in_operations[n.number].store_id, in_operations[n.number].document_id
    from unnest(v_numbers) as n (number);
    insert into inventory.stock_document_lines (document_id, line, product_id, quantity, unit, numerator, denominator, price)
    select in_operations[n.number].document_id, l.line, l.product_id, l.quantity, l.unit, l.numerator, l.denominator, l.price
    from unnest(v_numbers) as n (number)
    cross join lateral unnest(in_requests[n.number].lines) as l;
    perform inventory._write_parts(
        array(
            select in_operations[p.request].document_id
            from unnest(in_part_requests) with ordinality as p (request, place)
            where in_does[p.request]
            order by p.place
        ),
        array(
            select (p.line, p.product, p.ingredient, p.product_id, p.sku, p.numerator, p.denominator)::inventory.deduction_part
            from unnest(in_part_requests, in_parts) with ordinality as p (
                request, line, product, ingredient, product_id, sku, numerator, denominator, place
            )
            where in_does[p.request]
            order by p.place
        )
    );
    return in_operations;
end
$$;

comment on function inventory._write_deduction_documents(
    inventory.operation[], inventory.deduction_request[], boolean[], integer[], inventory.deduction_part[]
) is 'Writes the documents of a batch of deductions, their lines and what these take.';
