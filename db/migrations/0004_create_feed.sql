-- breaking: no
-- The change feed: movements and events, append-only. Each row carries its top-level transaction id, by which readers find
-- what is new, and rings the doorbell by the default of `rung`: no way of writing a row can forget it.
-- 6004511353635864577 is inventory.doorbell_lock(); a literal, because it is evaluated for every row.
-- No CHECK on the ledger: PostgreSQL reads each one anew from its text in every statement, 3 microseconds a piece. What a
-- client inserts is checked by the trigger that applies it; everything else is written by our own functions.
-- No foreign keys: they cost 16 to 33 % of the writes of one store, and a movement's keys were checked by its stock row.

create function inventory.ring_doorbell() returns boolean
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
    select case
        when coalesce(pg_catalog.current_setting('inventory.ring', true), '') = 'off' then true
        else pg_catalog.pg_notify('inventory_doorbell', '') is not null
    end
$$;

create table inventory.stock_ledger (
    movement_id bigint generated always as identity,
    store_id bigint not null,
    product_id bigint not null,
    kind text not null,
    on_hand_delta bigint not null default 0,
    reserved_delta bigint not null default 0,
    on_hand_after bigint not null default 0,
    reserved_after bigint not null default 0,
    -- Different for every row: where a stock row's version is not known yet, this is what its movement is found by.
    version bigint not null default (-1 - (pg_catalog.random() * 9007199254740991)::bigint),
    reason text,
    reference text,
    actor text not null default session_user,
    correlation_id text,
    occurred_at timestamptz not null default current_timestamp,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    xid xid8 not null default pg_catalog.pg_current_xact_id(),
    rung boolean not null
        default (pg_catalog.pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
) partition by range (recorded_at);

create index stock_ledger_xid_idx on inventory.stock_ledger (xid);
create index stock_ledger_store_id_product_id_version_idx on inventory.stock_ledger (store_id, product_id, version);

comment on table inventory.stock_ledger is
    'Movements: every change of a stock row, append-only. Insert store_id, product_id, kind, on_hand_delta and who and why; the rest is filled in, and the stock row follows.';
comment on column inventory.stock_ledger.movement_id is 'Order of recording, with gaps; not the order of commits.';
comment on column inventory.stock_ledger.store_id is 'The store.';
comment on column inventory.stock_ledger.product_id is 'The product.';
comment on column inventory.stock_ledger.kind is
    'opening, purchase, sale, return, adjustment, deduction, compensation, reservation, release, transfer_out, transfer_in, count, or direct (plain SQL on the stock row).';
comment on column inventory.stock_ledger.on_hand_delta is 'Change of on_hand, base units.';
comment on column inventory.stock_ledger.reserved_delta is 'Change of reserved, base units.';
comment on column inventory.stock_ledger.on_hand_after is 'on_hand after this movement.';
comment on column inventory.stock_ledger.reserved_after is 'reserved after this movement.';
comment on column inventory.stock_ledger.version is 'The stock row''s version with this movement. Dense per store and product, from 1.';
comment on column inventory.stock_ledger.reason is 'Why, in words; plain SQL: set local inventory.reason.';
comment on column inventory.stock_ledger.reference is 'The document it belongs to; plain SQL: set local inventory.reference.';
comment on column inventory.stock_ledger.actor is 'Who; plain SQL: set local inventory.actor, else the login.';
comment on column inventory.stock_ledger.correlation_id is 'Ties together what one request did; plain SQL: set local inventory.correlation_id.';
comment on column inventory.stock_ledger.occurred_at is 'When it happened in the world, as the writer says.';
comment on column inventory.stock_ledger.recorded_at is 'When it was recorded, database clock; names the partition.';
comment on column inventory.stock_ledger.xid is 'Top-level transaction; what a position is compared with.';
comment on column inventory.stock_ledger.rung is 'Always true; its default rings the doorbell when the relay is parked.';

-- The months hang under one partition that takes everything. Clients insert into stock_ledger, whose statement trigger applies their
-- movements; our functions insert into stock_ledger_months, where no statement trigger is met and no row is copied for one. A default
-- partition that is alone has no constraint to check. Clients have no privilege on it.
create table inventory.stock_ledger_months partition of inventory.stock_ledger default partition by range (recorded_at);
comment on table inventory.stock_ledger_months is
    'All of the ledger, as its functions write it: movements that are put here are applied to no stock row. Others insert into stock_ledger.';
-- A partition has no identity of its own (from PostgreSQL 17 on it has its table's): the ids are those of the ledger.
do $$
begin
    if exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = 'inventory.stock_ledger_months'::regclass and a.attname = 'movement_id' and a.attidentity = ''
    ) then
        alter table inventory.stock_ledger_months
            alter movement_id set default pg_catalog.nextval('inventory.stock_ledger_movement_id_seq');
    end if;
end
$$;

-- Catches what no month's partition takes, so that a missing one never refuses a write.
create table inventory.stock_ledger_default partition of inventory.stock_ledger_months default;
comment on table inventory.stock_ledger_default is 'Movements of months that have no partition of their own yet.';

create table inventory.inventory_event (
    event_seq bigint generated always as identity,
    event_id uuid not null default pg_catalog.gen_random_uuid(),
    type text not null,
    store_id bigint,
    product_id bigint,
    vendor_id bigint,
    category_id bigint,
    stock_version bigint,
    changes jsonb not null default '[]',
    actor text not null default session_user,
    correlation_id text,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    xid xid8 not null default pg_catalog.pg_current_xact_id(),
    rung boolean not null
        default (pg_catalog.pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell()),
    constraint inventory_event_pk primary key (event_id),
    constraint inventory_event_type_ck check (type in (
        'product_created', 'product_updated', 'product_deleted', 'price_changed', 'availability_changed',
        'stock_settings_changed', 'store_created', 'store_updated', 'store_deleted',
        'vendor_created', 'vendor_updated', 'vendor_deleted',
        'category_created', 'category_updated', 'category_deleted', 'canary'
    )),
    constraint inventory_event_changes_ck check (jsonb_typeof(changes) = 'array')
);

create index inventory_event_xid_idx on inventory.inventory_event (xid);
create index inventory_event_product_id_idx on inventory.inventory_event (product_id, event_seq);

comment on table inventory.inventory_event is
    'Every change that a reader must see and that is no movement: products, prices, availability, thresholds, stores, vendors, categories. Append-only.';
comment on column inventory.inventory_event.event_seq is 'Order of recording, with gaps; not the order of commits.';
comment on column inventory.inventory_event.event_id is 'Names the event everywhere.';
comment on column inventory.inventory_event.type is 'What happened; an UPDATE writes one event per type that it touches.';
comment on column inventory.inventory_event.store_id is 'The store it is about; null when none.';
comment on column inventory.inventory_event.product_id is 'The product it is about; null when none.';
comment on column inventory.inventory_event.vendor_id is 'The vendor it is about, or of the product.';
comment on column inventory.inventory_event.category_id is 'The category it is about, or of the product.';
comment on column inventory.inventory_event.stock_version is 'Version of the stock row when its settings were changed, which is their place among its movements; else null.';
comment on column inventory.inventory_event.changes is '[{"field", "oldValue", "newValue"}], each field in exactly one event of an UPDATE.';
comment on column inventory.inventory_event.actor is 'Who; set local inventory.actor, else the login.';
comment on column inventory.inventory_event.correlation_id is 'Ties together what one request did; set local inventory.correlation_id.';
comment on column inventory.inventory_event.recorded_at is 'When it was recorded, database clock.';
comment on column inventory.inventory_event.xid is 'Top-level transaction; what a position is compared with.';
comment on column inventory.inventory_event.rung is 'Always true; its default rings the doorbell when the relay is parked.';
comment on function inventory.ring_doorbell() is
    'Wakes a parked relay. Called by the default of rung when the relay holds the doorbell lock; inventory.ring = off leaves it to the backstop.';

create index inventory_event_canary_idx on inventory.inventory_event (correlation_id, event_seq) where type = 'canary';
