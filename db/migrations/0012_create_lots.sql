-- breaking: no
-- Lots: what each unit in stock cost, where it came from, when it expires; for products that keep them. docs/decisions/0012-lots.md says
-- why it is so. No foreign keys but the policy's: lots grow with each receipt, and what they name was checked by the stock row.

create table inventory.lot_policies (
    product_id bigint not null,
    policy text not null,
    actor text not null,
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint lot_policies_pk primary key (product_id),
    constraint lot_policies_product_id_fk foreign key (product_id) references inventory.products on delete cascade,
    constraint lot_policies_policy_ck check (policy in ('fifo', 'fefo'))
);

comment on table inventory.lot_policies is 'Products that keep lots, and which lot goes first. set_lot_policy() writes it; the others keep none.';
comment on column inventory.lot_policies.product_id is 'The product, in every store.';
comment on column inventory.lot_policies.policy is 'fifo: what came first goes first. fefo: what expires first goes first; what does not expire, last.';
comment on column inventory.lot_policies.actor is 'Who set it.';
comment on column inventory.lot_policies.updated_at is 'When it was set.';

-- The hot path asks its own row only.
alter table inventory.inventory_stock add column keeps_lots boolean not null default false;
comment on column inventory.inventory_stock.keeps_lots is 'Whether its product keeps lots. Set by functions only.';

create table inventory.stock_lots (
    lot_id bigint generated always as identity,
    store_id bigint not null,
    product_id bigint not null,
    lot text,
    expires_on date,
    is_debt boolean not null default false,
    age bigint not null,
    quantity bigint not null,
    value numeric not null,
    taken bigint not null default 0,
    taken_value numeric not null default 0,
    remaining_quantity bigint not null generated always as (quantity - taken) stored,
    remaining_value numeric not null generated always as (value - taken_value) stored,
    is_open boolean not null generated always as (quantity <> taken) stored,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stock_lots_pk primary key (lot_id)
) with (fillfactor = 80);

-- What is open, in both orders. No index names a column that a sale changes, but for a lot's last unit.
create index stock_lots_fifo_idx on inventory.stock_lots (store_id, product_id, age, lot_id) where is_open;
create index stock_lots_fefo_idx on inventory.stock_lots (store_id, product_id, expires_on, age, lot_id) where is_open;
-- The last known cost; the lots of a stock row.
create index stock_lots_store_id_product_id_idx on inventory.stock_lots (store_id, product_id, lot_id);
create unique index stock_lots_debt_uq on inventory.stock_lots (store_id, product_id) where is_debt;

comment on table inventory.stock_lots is
    'What of a stock row came in together, at one cost. What the open ones have left is on_hand, whole base units. stock_lot_entries has every change.';
comment on column inventory.stock_lots.lot_id is 'Names the lot.';
comment on column inventory.stock_lots.store_id is 'The store.';
comment on column inventory.stock_lots.product_id is 'The product.';
comment on column inventory.stock_lots.lot is 'Its name in the world, as it was received; null when none was said. Not unique: another date of expiry or another cost is another lot.';
comment on column inventory.stock_lots.expires_on is 'The last day on which it may be sold, in the store''s time zone; null when it does not expire.';
comment on column inventory.stock_lots.is_debt is 'True for what was taken while there was nothing: remaining_quantity is below zero until something comes in.';
comment on column inventory.stock_lots.age is 'Its place among the lots of the stock row: its own lot_id, or that of the lot which returned goods came from.';
comment on column inventory.stock_lots.quantity is 'Base units that were ever put in.';
comment on column inventory.stock_lots.value is 'What they cost, in the store''s currency, 6 decimals.';
comment on column inventory.stock_lots.taken is 'Base units that were taken out.';
comment on column inventory.stock_lots.taken_value is 'What those cost: value * taken / quantity, rounded, so that the last unit takes the residue. Of a debt: what they were estimated at.';
comment on column inventory.stock_lots.remaining_quantity is 'quantity - taken.';
comment on column inventory.stock_lots.remaining_value is 'value - taken_value.';
comment on column inventory.stock_lots.is_open is 'Whether anything is left, or owed.';
comment on column inventory.stock_lots.created_at is 'When it came in, database clock.';

create table inventory.stock_lot_entries (
    entry_id bigint generated always as identity,
    lot_id bigint not null,
    store_id bigint not null,
    product_id bigint not null,
    version bigint not null,
    kind text not null,
    quantity bigint not null,
    value numeric not null,
    original_entry_id bigint,
    document_id bigint,
    actor text,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stock_lot_entries_pk primary key (entry_id)
);

create index stock_lot_entries_version_idx on inventory.stock_lot_entries (store_id, product_id, version);
create index stock_lot_entries_lot_id_idx on inventory.stock_lot_entries (lot_id, entry_id);
create index stock_lot_entries_original_idx on inventory.stock_lot_entries (original_entry_id) where original_entry_id is not null;
create index stock_lot_entries_document_id_idx on inventory.stock_lot_entries (document_id, product_id) where document_id is not null;
create index stock_lot_entries_occurred_at_idx on inventory.stock_lot_entries (store_id, occurred_at);

comment on table inventory.stock_lot_entries is
    'Every change of a lot, never changed: what each movement put in or took out, and at what cost. Of each lot they come to what is left.';
comment on column inventory.stock_lot_entries.entry_id is 'Names the entry; later ones are higher.';
comment on column inventory.stock_lot_entries.lot_id is 'The lot.';
comment on column inventory.stock_lot_entries.store_id is 'The store.';
comment on column inventory.stock_lot_entries.product_id is 'The product.';
comment on column inventory.stock_lot_entries.version is 'Version of the stock row''s movement that it belongs to; of a policy or a cost that came later, the version at that time: by kind they are no part of what that movement cost.';
comment on column inventory.stock_lot_entries.kind is
    'received, taken, returned (what original_entry_id took), settled (a debt, and the lot that it is settled from: the correction), cost and cost_taken (what came later, and the share of it that is gone),'
    ' opened and closed (with the policy), corrected (by a repair).';
comment on column inventory.stock_lot_entries.quantity is 'Base units, below zero when taken.';
comment on column inventory.stock_lot_entries.value is 'What they cost, below zero when taken.';
comment on column inventory.stock_lot_entries.original_entry_id is 'Of what was given back: the entry that took it.';
comment on column inventory.stock_lot_entries.document_id is 'The document that the movement belongs to; null when there is none.';
comment on column inventory.stock_lot_entries.actor is 'Who, where no movement says it: policies and costs.';
comment on column inventory.stock_lot_entries.occurred_at is 'When it happened in the world; reports go by it, costs by the order of entries.';
comment on column inventory.stock_lot_entries.recorded_at is 'When it was recorded, database clock.';

-- Proof

create table inventory.stock_lots_verified (
    lot_id bigint not null,
    entry_id bigint not null,
    quantity bigint not null,
    value numeric not null,
    verified_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stock_lots_verified_pk primary key (lot_id)
) with (fillfactor = 70);

comment on table inventory.stock_lots_verified is
    'How far verify() has summed up the entries of each lot, and what they came to: the next walk goes on from it.';
comment on column inventory.stock_lots_verified.lot_id is 'The lot.';
comment on column inventory.stock_lots_verified.entry_id is 'The last entry that is in the sums.';
comment on column inventory.stock_lots_verified.quantity is 'Base units that the entries come to.';
comment on column inventory.stock_lots_verified.value is 'What they cost.';
comment on column inventory.stock_lots_verified.verified_at is 'When it was summed up.';
