-- Brings the movements of operations into the lots of their stock rows, in their order; of stock rows that keep none nothing is done.
--   in_operation   what they belong to; of a batch null, and in_operations and in_requests say it
--   in_movements   with their versions; their stock rows are locked
--   in_lines       what the movements were asked for by, in the same order: lot, expires_on, unit_cost, the sale that they come from;
--                  null where there is none
-- Returns the errors (lot_short) of lines that name a lot which has less; then the caller must undo.
-- What was sold by a named line is returned to the lots that it came from; what is compensated, to those of its deduction. A unit that comes
-- together again from parts goes to the lot that it was opened from.
-- Reads: inventory_stock, stock_documents and its lines, stock_remainder_steps, stock_ledger. Writes: stock_lots, stock_lot_entries.
create or replace function inventory._post_movements(
    in_operation inventory.operation, in_operations inventory.operation[], in_requests integer[],
    in_movements inventory.stock_movement[], in_lines inventory.operation_line[]
) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation := in_operation;
    v_moved record;
    v_line inventory.operation_line;
    v_document_id bigint;
    v_version bigint;
    v_at timestamptz;
    v_rest bigint;
    v_errors jsonb;
begin
    for v_moved in
        select m.*
        from unnest(in_movements) with ordinality as m (
            line, store_id, store, product_id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, version, place
        )
        join inventory.inventory_stock as s on s.store_id = m.store_id and s.product_id = m.product_id
        where s.keeps_lots and m.on_hand_delta <> 0
        order by m.place
    loop
        if in_operations is not null then
            v_operation := in_operations[in_requests[v_moved.place]];
        end if;
        v_line := in_lines[v_moved.place];
        v_rest := abs(v_moved.on_hand_delta);
        if v_moved.on_hand_delta < 0 then
            v_rest := inventory._take_lots(
                v_moved.store_id, v_moved.product_id, v_moved.version, v_rest, v_moved.kind in ('sale', 'deduction'), v_line.lot,
                v_line.expires_on, v_operation.document_id, v_operation.occurred_at
            );
            if v_rest > 0 then
                v_errors := coalesce(v_errors, '[]') || inventory._lot_short(
                    v_moved.store, v_moved.sku, v_line.lot, v_line.expires_on, -v_moved.on_hand_delta, v_rest, v_moved.line
                );
            end if;
            continue;
        end if;
        v_document_id := null;
        v_version := null;
        if v_moved.kind = 'return' and v_line.original_document_id is not null then
            v_document_id := v_line.original_document_id;
            select l.version into v_version
            from inventory.stock_document_lines as l
            where l.document_id = v_line.original_document_id and l.line = v_line.original_line;
        elsif v_moved.kind = 'compensation' then
            select d.original_document_id, o.recorded_at into v_document_id, v_at
            from inventory.stock_documents as d
            left join inventory.stock_documents as o on o.document_id = d.original_document_id
            where d.document_id = v_operation.document_id;
        end if;
        if v_document_id is not null then
            v_rest := inventory._give_lots_back(
                v_moved.store_id, v_moved.product_id, v_moved.version, v_rest, v_document_id, v_version, v_operation.document_id,
                v_operation.occurred_at
            );
            if v_rest > 0 and exists (
                select from inventory.stock_remainder_steps as p
                where p.store_id = v_moved.store_id and p.product_id = v_moved.product_id and p.version in (v_moved.version, v_version)
            ) then
                v_rest := inventory._give_opened_back(
                    v_moved.store_id, v_moved.product_id, v_moved.version, v_rest,
                    -- A document is written before its movements: what had been opened by then.
                    coalesce(v_version, inventory._version_at(v_moved.store_id, v_moved.product_id, v_moved.version - 1, v_at)),
                    v_operation.document_id, v_operation.occurred_at
                );
            end if;
        end if;
        if v_rest > 0 then
            perform inventory._put_lot(
                v_moved.store_id, v_moved.product_id, v_moved.version, 'received', v_rest,
                case when v_moved.kind <> 'return' then
                    round(v_rest * v_line.unit_cost * v_line.unit_denominator / v_line.unit_numerator, 6)
                end,
                v_line.lot, v_line.expires_on, null, null, v_operation.document_id, null, v_operation.occurred_at
            );
        end if;
    end loop;
    return v_errors;
end
$$;

comment on function inventory._post_movements(
    inventory.operation, inventory.operation[], integer[], inventory.stock_movement[], inventory.operation_line[]
) is 'Brings the movements of operations into the lots of their stock rows.';

-- The error of a line that names a lot which has less.
create or replace function inventory._lot_short(
    in_store text, in_sku text, in_lot text, in_expires_on date, in_need bigint, in_short bigint, in_line integer
) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'code', 'lot_short',
        'message', format(
            'Insufficient stock of %s in %s, lot %s: Need %s, Have %s (Short: %s)', in_sku, in_store,
            concat_ws(' ', in_lot, 'of ' || in_expires_on), in_need, in_need - in_short, in_short
        ),
        'detail', format('Asked for by line %s. What has expired is not sold.', in_line),
        'hint', 'Leave lot out to take what the policy says.',
        'store', in_store, 'sku', in_sku, 'lot', in_lot, 'need', in_need, 'have', in_need - in_short, 'short', in_short,
        'lines', to_jsonb(array[in_line])
    );
end
$$;

comment on function inventory._lot_short(text, text, text, date, bigint, bigint, integer) is
    'The error of a line that names a lot which has less.';
