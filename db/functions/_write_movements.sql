-- Writes the movements of operations. This file is the one place where the engine's operations write the ledger.
--   in_operation   why, who and when; its document
--   in_movements   with balances and versions; their stock rows are locked and changed in this transaction
-- Writes: stock_ledger (through stock_ledger_months, where the trigger of clients' INSERTs is not). Rings the doorbell, once. No SET search_path: its callers fix it.
create or replace function inventory._write_movements(in_operation inventory.operation, in_movements inventory.stock_movement[])
returns void
language plpgsql volatile
as $$
begin
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, document_id, rung
    )
    select
        m.store_id, m.product_id, m.kind, m.on_hand_delta, m.reserved_delta, m.on_hand, m.reserved, m.version,
        in_operation.reason, in_operation.reference, in_operation.actor, in_operation.correlation_id, in_operation.occurred_at,
        in_operation.document_id, true
    from unnest(in_movements) as m;
    -- The try may come at any time before the commit.
    if not pg_try_advisory_xact_lock_shared(6004511353635864577) then
        perform inventory.ring_doorbell();
    end if;
end
$$;

comment on function inventory._write_movements(inventory.operation, inventory.stock_movement[]) is
    'Writes the movements of an operation into the ledger.';

-- One movement, for the short way of an operation.
create or replace function inventory._write_movement(
    in_store_id bigint, in_product_id bigint, in_kind text, in_on_hand_delta bigint, in_reserved_delta bigint, in_on_hand bigint,
    in_reserved bigint, in_version bigint, in_reason text, in_reference text, in_actor text, in_correlation_id text, in_occurred_at timestamptz,
    in_document_id bigint
) returns void
language plpgsql volatile
as $$
begin
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, document_id
    )
    values (
        in_store_id, in_product_id, in_kind, in_on_hand_delta, in_reserved_delta, in_on_hand, in_reserved, in_version,
        in_reason, in_reference, in_actor, in_correlation_id, in_occurred_at, in_document_id
    );
end
$$;

comment on function inventory._write_movement(
    bigint, bigint, text, bigint, bigint, bigint, bigint, bigint, text, text, text, text, timestamptz, bigint
) is 'Writes one movement of an operation into the ledger.';

-- Holds that expired, of many orders at once: each movement has the reference, the document and the time of its own.
--   in_movements                               with balances and versions; their stock rows are locked and changed in this transaction
--   in_references, in_document_ids, in_times   one per movement
create or replace function inventory._write_expiries(
    in_movements inventory.stock_movement[], in_references text[], in_document_ids bigint[], in_times timestamptz[], in_actor text,
    in_correlation_id text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, document_id, rung
    )
    select
        m.store_id, m.product_id, m.kind, m.on_hand_delta, m.reserved_delta, m.on_hand, m.reserved, m.version,
        'expired', m.reference, in_actor, in_correlation_id, m.occurred_at, m.document_id, true
    from unnest(in_movements, in_references, in_document_ids, in_times) as m (
        line, store_id, store, product_id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, version,
        reference, document_id, occurred_at
    );
    if not pg_try_advisory_xact_lock_shared(6004511353635864577) then
        perform inventory.ring_doorbell();
    end if;
end
$$;

comment on function inventory._write_expiries(inventory.stock_movement[], text[], bigint[], timestamptz[], text, text) is
    'Writes the movements of holds that expired into the ledger.';

-- The movements of a batch of operations.
--   in_requests  the number of the operation that each movement belongs to
create or replace function inventory._write_movements_of(
    in_operations inventory.operation[], in_requests integer[], in_movements inventory.stock_movement[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, document_id, rung
    )
    select
        m.store_id, m.product_id, m.kind, m.on_hand_delta, m.reserved_delta, m.on_hand, m.reserved, m.version,
        o.reason, o.reference, o.actor, o.correlation_id, o.occurred_at, o.document_id, true
    from unnest(in_requests, in_movements) with ordinality as m (
        request, line, store_id, store, product_id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, version, place
    )
    join unnest(in_operations) with ordinality as o (
        name, store_id, store, idempotency_key, transaction_id, request, reason, reference, actor, correlation_id, occurred_at,
        document_id, replay, number
    ) on o.number = m.request
    order by m.place;
    -- The try may come at any time before the commit.
    if not pg_try_advisory_xact_lock_shared(6004511353635864577) then
        perform inventory.ring_doorbell();
    end if;
end
$$;

comment on function inventory._write_movements_of(inventory.operation[], integer[], inventory.stock_movement[]) is
    'Writes the movements of a batch of operations into the ledger.';

-- The movements of plain sales and deductions; their documents say the rest.
--   in_document_ids  by request
create or replace function inventory._write_plain_movements(in_document_ids bigint[], in_parts inventory.plain_part[]) returns void
language plpgsql volatile
as $$
begin
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, document_id, rung
    )
    select
        m.store_id, m.product_id, d.kind, -m.moved, m.on_hand, m.reserved, m.version, d.reason, d.reference, d.actor, d.correlation_id,
        d.occurred_at, d.document_id, true
    from unnest(in_parts) as m
    cross join lateral (
        select * from inventory.stock_documents as d where d.document_id = in_document_ids[m.request] offset 0
    ) as d
    where m.is_first;
    -- The try may come at any time before the commit.
    if not pg_try_advisory_xact_lock_shared(6004511353635864577) then
        perform inventory.ring_doorbell();
    end if;
end
$$;

comment on function inventory._write_plain_movements(bigint[], inventory.plain_part[]) is
    'Writes the movements of plain sales and deductions into the ledger.';
