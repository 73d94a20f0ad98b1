-- breaking: no
-- The offline queue: sales that happened while a till could not reach the database, and what was decided about each.
-- docs/decisions/0013-offline-queue.md says why it is so.
-- No foreign keys, as on documents: only our functions write here, and what a row names was checked when it was queued.

create table inventory.offline_transaction_queue (
    queue_id bigint generated always as identity,
    store_id bigint not null,
    transaction_id text collate "C" not null,
    device text not null,
    device_sequence bigint,
    cause text not null,
    status text not null,
    lines jsonb not null,
    product_ids bigint[] not null,
    unit_numerators numeric[] not null,
    unit_denominators numeric[] not null,
    approved_lines jsonb,
    reference text,
    party text,
    reason text,
    actor text not null,
    correlation_id text,
    occurred_at timestamptz not null,
    policy jsonb not null,
    request jsonb not null,
    errors jsonb,
    document_id bigint,
    queued_at timestamptz not null default pg_catalog.clock_timestamp(),
    changed_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint offline_transaction_queue_pk primary key (queue_id),
    constraint offline_transaction_queue_store_id_transaction_id_uq unique (store_id, transaction_id),
    constraint offline_transaction_queue_status_ck
        check (status in ('pending', 'insufficient_stock', 'approved', 'rejected', 'synced')),
    constraint offline_transaction_queue_cause_ck check (cause in ('offline', 'insufficient_stock'))
) with (fillfactor = 80);

create index idx_queue_store_status on inventory.offline_transaction_queue (store_id, status);
-- The next ones to sync, in the order in which they happened.
create index offline_transaction_queue_pending_idx
    on inventory.offline_transaction_queue (store_id, occurred_at, device, device_sequence, queue_id) where status = 'pending';
create index offline_transaction_queue_device_idx
    on inventory.offline_transaction_queue (store_id, device, device_sequence) where device_sequence is not null;

comment on table inventory.offline_transaction_queue is
    'Sales that tills made while they could not deduct them: one row per store and transaction id, for ever. The functions of the queue write it.';
comment on column inventory.offline_transaction_queue.queue_id is 'Key inside the database; clients name a row by store and transaction id.';
comment on column inventory.offline_transaction_queue.store_id is 'The store.';
comment on column inventory.offline_transaction_queue.transaction_id is
    'The id that the till made before it sent anything; the deduction counts under it, once, whichever way it comes.';
comment on column inventory.offline_transaction_queue.device is 'The till.';
comment on column inventory.offline_transaction_queue.device_sequence is 'The till''s own running number; null when it has none. A gap is an upload that has not come yet.';
comment on column inventory.offline_transaction_queue.cause is 'Why it was queued: offline, or insufficient_stock when the till was told so.';
comment on column inventory.offline_transaction_queue.status is
    'pending: to be synced. insufficient_stock: syncing did not do, somebody must decide. synced, approved: deducted. rejected: not to be deducted.';
comment on column inventory.offline_transaction_queue.lines is 'What was sold, as the till sent it.';
comment on column inventory.offline_transaction_queue.product_ids is
    'The product that each line named when it was queued: a sku that another product has by now does not take from that.';
comment on column inventory.offline_transaction_queue.unit_numerators is
    'With unit_denominators: the base units in one of each line''s unit when it was queued; what a changed unit does not change.';
comment on column inventory.offline_transaction_queue.unit_denominators is 'With unit_numerators: the base units in one of each line''s unit.';
comment on column inventory.offline_transaction_queue.approved_lines is 'What was approved instead; null when nothing was edited.';
comment on column inventory.offline_transaction_queue.reference is 'Its number in the world: the receipt.';
comment on column inventory.offline_transaction_queue.party is 'The customer.';
comment on column inventory.offline_transaction_queue.reason is 'Why, in words, as the till sent it.';
comment on column inventory.offline_transaction_queue.actor is 'Who sold.';
comment on column inventory.offline_transaction_queue.correlation_id is 'Ties together what one request did.';
comment on column inventory.offline_transaction_queue.occurred_at is 'When it was sold, by the till''s clock.';
comment on column inventory.offline_transaction_queue.policy is
    'By sku of each stock row that it would have taken when it was queued: whether that row might go below zero. Syncing keeps to it.';
comment on column inventory.offline_transaction_queue.request is 'What was queued, in canonical form; what a second upload is compared with.';
comment on column inventory.offline_transaction_queue.errors is 'What stood in the way when it was last tried; null when nothing did.';
comment on column inventory.offline_transaction_queue.document_id is 'The deduction''s document, once there is one.';
comment on column inventory.offline_transaction_queue.queued_at is 'When it arrived, database clock.';
comment on column inventory.offline_transaction_queue.changed_at is 'When it was last decided or tried, database clock.';

create table inventory.offline_queue_decisions (
    decision_id bigint generated always as identity,
    queue_id bigint not null,
    store_id bigint not null,
    decision text not null,
    actor text not null,
    reason text,
    lines jsonb,
    errors jsonb,
    document_id bigint,
    correlation_id text,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint offline_queue_decisions_pk primary key (decision_id)
);

create index offline_queue_decisions_queue_id_idx on inventory.offline_queue_decisions (queue_id);
create index offline_queue_decisions_store_id_recorded_at_idx on inventory.offline_queue_decisions (store_id, recorded_at);

comment on table inventory.offline_queue_decisions is
    'Everything that was done to transactions of the offline queue, and by whom: a row each time, in the transaction that did it.';
comment on column inventory.offline_queue_decisions.decision_id is 'Key inside the database; in the order of a transaction''s decisions.';
comment on column inventory.offline_queue_decisions.queue_id is 'The queued transaction.';
comment on column inventory.offline_queue_decisions.store_id is 'The store.';
comment on column inventory.offline_queue_decisions.decision is
    'queued, synced, needs_approval (syncing did not do), approval_refused (approved, but it could not be deducted), approved or rejected.';
comment on column inventory.offline_queue_decisions.actor is 'Who.';
comment on column inventory.offline_queue_decisions.reason is 'Why, in words.';
comment on column inventory.offline_queue_decisions.lines is 'The lines that were to be deducted instead of those that were queued; else null.';
comment on column inventory.offline_queue_decisions.errors is 'What stood in the way.';
comment on column inventory.offline_queue_decisions.document_id is 'The deduction''s document.';
comment on column inventory.offline_queue_decisions.correlation_id is 'Ties together what one request did.';
comment on column inventory.offline_queue_decisions.recorded_at is 'When it was recorded, database clock.';
