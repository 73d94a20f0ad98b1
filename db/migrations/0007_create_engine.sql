-- breaking: no
-- What the operations of the engine (receive, sell, return, adjust, set, and those built on the same shape) keep beside stock rows
-- and movements: units, remainders, idempotency keys, documents, refusals. docs/decisions/0009-operations.md says why it is so.
-- No foreign keys: every table here but units grows with each operation, and what it names was checked by the stock row.

-- Units

create table inventory.units (
    unit_id bigint generated always as identity,
    product_id bigint,
    base_unit text,
    name text not null,
    version integer not null,
    numerator bigint not null,
    denominator bigint not null,
    actor text not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint units_pk primary key (unit_id),
    constraint units_product_id_fk foreign key (product_id) references inventory.products on delete cascade,
    constraint units_owner_ck check ((product_id is null) <> (base_unit is null)),
    constraint units_base_unit_ck check (base_unit <> '' and length(base_unit) <= 50),
    -- These three are columns of the product.
    constraint units_name_ck check (name <> '' and length(name) <= 50 and name not in ('box', 'pack', 'piece')),
    constraint units_version_ck check (version > 0),
    constraint units_ratio_ck check (numerator between 1 and 1000000000 and denominator between 1 and 1000000000)
);

create unique index units_product_id_name_version_uq on inventory.units (product_id, name, version) where product_id is not null;
create unique index units_base_unit_name_version_uq on inventory.units (base_unit, name, version) where base_unit is not null;

comment on table inventory.units is
    'Named units: one of them is numerator/denominator base units. Append-only: a changed unit is a new version, and what was recorded or written into a recipe keeps the old one. set_unit() writes it.';
comment on column inventory.units.unit_id is 'Names this version of the unit.';
comment on column inventory.units.product_id is 'The product it counts; null when it belongs to a base unit.';
comment on column inventory.units.base_unit is 'The base unit of all products that it counts, as kilogram counts gram; null when it belongs to a product.';
comment on column inventory.units.name is 'What lines call it. box, pack and piece are columns of the product instead.';
comment on column inventory.units.version is 'From 1; the highest one is what lines mean now.';
comment on column inventory.units.numerator is 'With denominator: base units in one of it, exactly.';
comment on column inventory.units.denominator is 'With numerator: base units in one of it, exactly.';
comment on column inventory.units.actor is 'Who set it.';
comment on column inventory.units.created_at is 'When it was set.';

-- Remainders

create table inventory.stock_remainders (
    store_id bigint not null,
    product_id bigint not null,
    numerator numeric not null,
    denominator numeric not null,
    constraint stock_remainders_pk primary key (store_id, product_id),
    constraint stock_remainders_value_ck check (
        numerator >= 0 and numerator < denominator and denominator < 1e60 and scale(numerator) = 0 and scale(denominator) = 0
    )
) with (fillfactor = 70);

comment on table inventory.stock_remainders is
    'What is there beyond the whole base units of on_hand, exactly: the rest of an opened unit. Always less than one. A missing row is 0. Changed only under the lock of the stock row.';
comment on column inventory.stock_remainders.store_id is 'The store.';
comment on column inventory.stock_remainders.product_id is 'The product.';
comment on column inventory.stock_remainders.numerator is 'With denominator: the remainder in base units, reduced.';
comment on column inventory.stock_remainders.denominator is 'With numerator: the remainder in base units, reduced.';

create table inventory.stock_remainder_steps (
    store_id bigint not null,
    product_id bigint not null,
    version bigint not null,
    numerator numeric not null,
    denominator numeric not null,
    numerator_after numeric not null,
    denominator_after numeric not null,
    constraint stock_remainder_steps_pk primary key (store_id, product_id, version)
);

comment on table inventory.stock_remainder_steps is
    'Each change of a remainder: the movement''s exact quantity and what remained after it. on_hand_delta of the movement is its whole units.';
comment on column inventory.stock_remainder_steps.store_id is 'The store.';
comment on column inventory.stock_remainder_steps.product_id is 'The product.';
comment on column inventory.stock_remainder_steps.version is 'The movement''s version.';
comment on column inventory.stock_remainder_steps.numerator is 'With denominator: the exact change, base units; below zero when something was taken.';
comment on column inventory.stock_remainder_steps.denominator is 'With numerator: the exact change.';
comment on column inventory.stock_remainder_steps.numerator_after is 'With denominator_after: the remainder after it.';
comment on column inventory.stock_remainder_steps.denominator_after is 'With numerator_after: the remainder after it.';

-- Idempotency

create table inventory.inventory_deduction_idempotency (
    store_id bigint not null,
    scope text collate "C" not null,
    idempotency_key text collate "C" not null,
    request jsonb,
    result jsonb,
    created_at timestamptz not null default pg_catalog.now(),
    constraint inventory_deduction_idempotency_pk primary key (store_id, scope, idempotency_key)
) with (fillfactor = 60, autovacuum_vacuum_insert_scale_factor = 0.05);

create index inventory_deduction_idempotency_created_at_idx on inventory.inventory_deduction_idempotency (created_at);

comment on table inventory.inventory_deduction_idempotency is
    'Keys of operations that were done, with their requests and answers: the same key and request again gets the answer, another request an error. Written in the transaction of the effect.';
comment on column inventory.inventory_deduction_idempotency.store_id is 'The store; 0 for operations that belong to none.';
comment on column inventory.inventory_deduction_idempotency.scope is
    'The operation whose key this is, or ''transaction'': then the key is a till''s transaction_id, which counts once per store whatever the operation''s key.';
comment on column inventory.inventory_deduction_idempotency.idempotency_key is 'The key that the client made.';
comment on column inventory.inventory_deduction_idempotency.request is 'What was asked, in canonical form; what another request is compared with.';
comment on column inventory.inventory_deduction_idempotency.result is 'The answer. Null only inside the transaction that is at work.';
comment on column inventory.inventory_deduction_idempotency.created_at is
    'When the transaction began; keys are pruned by it. infinity: it is older, and stays, because it is a transaction id.';

-- Documents. No CHECK, as on the ledger: PostgreSQL reads each one anew from its text in every statement, and only our functions write
-- here.

create table inventory.stock_documents (
    document_id bigint generated always as identity,
    store_id bigint not null,
    kind text not null,
    reference text,
    party text,
    original_document_id bigint,
    reason text,
    actor text not null,
    correlation_id text,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stock_documents_pk primary key (document_id)
);

create index stock_documents_store_id_occurred_at_idx on inventory.stock_documents (store_id, occurred_at);
create index stock_documents_store_id_reference_idx on inventory.stock_documents (store_id, reference) where reference is not null;

comment on table inventory.stock_documents is
    'What came in, what was sold, what came back, what was ordered: one row per document, written by the operations and named by its movements.';
comment on column inventory.stock_documents.document_id is 'Names the document; stock_ledger.document_id says it too.';
comment on column inventory.stock_documents.store_id is 'The store.';
comment on column inventory.stock_documents.kind is 'purchase, sale, return or order.';
comment on column inventory.stock_documents.reference is 'Its number in the world: receipt, invoice, delivery note. Not unique.';
comment on column inventory.stock_documents.party is 'The other side: supplier or customer.';
comment on column inventory.stock_documents.original_document_id is 'For a return: the sale, when it was named; the last one when several were.';
comment on column inventory.stock_documents.reason is 'Why, in words.';
comment on column inventory.stock_documents.actor is 'Who.';
comment on column inventory.stock_documents.correlation_id is 'Ties together what one request did.';
comment on column inventory.stock_documents.occurred_at is 'When it happened in the world, as the writer says.';
comment on column inventory.stock_documents.recorded_at is 'When it was recorded, database clock.';

create table inventory.stock_document_lines (
    document_id bigint not null,
    line integer not null,
    product_id bigint not null,
    quantity numeric not null,
    unit text not null,
    numerator numeric not null,
    denominator numeric not null,
    unit_cost numeric(18, 6),
    price numeric(18, 6),
    lot text,
    expires_on date,
    version bigint,
    original_document_id bigint,
    original_line integer,
    constraint stock_document_lines_pk primary key (document_id, line)
);

create index stock_document_lines_original_idx on inventory.stock_document_lines (original_document_id, original_line)
    where original_document_id is not null;

-- What something cost last.
create index stock_document_lines_unit_cost_idx on inventory.stock_document_lines (product_id, document_id) where unit_cost is not null;

comment on table inventory.stock_document_lines is 'The lines of documents.';
comment on column inventory.stock_document_lines.document_id is 'The document.';
comment on column inventory.stock_document_lines.line is 'Its place, from 1.';
comment on column inventory.stock_document_lines.product_id is 'The product.';
comment on column inventory.stock_document_lines.quantity is 'How many units, as asked for.';
comment on column inventory.stock_document_lines.unit is 'The unit, as asked for; the product''s base unit when none was named.';
comment on column inventory.stock_document_lines.numerator is 'With denominator: quantity in base units, exactly, by the ratio of that day.';
comment on column inventory.stock_document_lines.denominator is 'With numerator: quantity in base units, exactly.';
comment on column inventory.stock_document_lines.unit_cost is 'Cost of one unit as named, in the store''s currency; null when not given.';
comment on column inventory.stock_document_lines.price is 'Price of one unit as named, in the store''s currency; null when not given.';
comment on column inventory.stock_document_lines.lot is 'Lot or batch, as given.';
comment on column inventory.stock_document_lines.expires_on is 'When the lot expires, as given.';
comment on column inventory.stock_document_lines.version is 'Version of the stock row''s movement of this line; null when nothing moved yet.';
comment on column inventory.stock_document_lines.original_document_id is 'For a return: the sale that this came from.';
comment on column inventory.stock_document_lines.original_line is 'For a return: the line of that sale.';

-- No default and no index: a column that is null costs the hot ledger nothing.
alter table inventory.stock_ledger add column document_id bigint;
comment on column inventory.stock_ledger.document_id is 'The row of stock_documents that it belongs to; null for movements without one.';

-- Refusals

create table inventory.operation_refusals (
    refusal_id bigint generated always as identity,
    store_id bigint not null,
    operation text not null,
    code text not null,
    errors jsonb not null,
    actor text not null,
    correlation_id text,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint operation_refusals_pk primary key (refusal_id)
);

create index operation_refusals_store_id_recorded_at_idx on inventory.operation_refusals (store_id, recorded_at);

comment on table inventory.operation_refusals is 'Operations that were understood and not done; what the metrics count. Pruned like idempotency keys.';
comment on column inventory.operation_refusals.refusal_id is 'Key inside the database.';
comment on column inventory.operation_refusals.store_id is 'The store; 0 for operations that belong to none.';
comment on column inventory.operation_refusals.operation is 'Name of the function.';
comment on column inventory.operation_refusals.code is 'Code of the first error.';
comment on column inventory.operation_refusals.errors is 'The errors of the answer, the first hundred.';
comment on column inventory.operation_refusals.actor is 'Who asked.';
comment on column inventory.operation_refusals.correlation_id is 'Ties together what one request did.';
comment on column inventory.operation_refusals.recorded_at is 'When it was refused, database clock.';

insert into inventory.settings (name, value, type, description)
values
    ('offline_window_days', '30', 'integer', 'Days that idempotency keys and refusals are kept at least, 1 to 3650: as long as a till may be offline and then send again. Default 30.');

alter table inventory.settings
    drop constraint settings_range_ck,
    add constraint settings_range_ck check (
        case name
            when 'ledger_months_ahead' then value::numeric between 0 and 120
            when 'canaries_kept' then value::numeric between 1 and 1000
            when 'offline_window_days' then value::numeric between 1 and 3650
            else true
        end
    );

-- How the functions of the engine hand things on to each other. Attributes are added at the end.

create type inventory.operation as (
    name text,
    store_id bigint,
    store text,
    idempotency_key text,
    transaction_id text,
    request jsonb,
    reason text,
    reference text,
    actor text,
    correlation_id text,
    occurred_at timestamptz,
    document_id bigint,
    replay jsonb
);
comment on type inventory.operation is 'One call of an operation: what it is, for whom, why. replay is not null when there is nothing to do but to answer it.';

create type inventory.operation_line as (
    line integer,
    product_id bigint,
    sku text,
    quantity numeric,
    unit text,
    base_unit text,
    numerator numeric,
    denominator numeric,
    unit_cost numeric(18, 6),
    price numeric(18, 6),
    lot text,
    expires_on date,
    expected_version bigint,
    expected_quantity numeric,
    original_document_id bigint,
    original_line integer,
    unit_numerator numeric,
    unit_denominator numeric
);
comment on type inventory.operation_line is
    'A line that was read: its product, its quantity in base units as numerator/denominator, reduced, and the base units in one of its unit.';

create type inventory.stock_change as (
    line integer,
    store_id bigint,
    store text,
    product_id bigint,
    sku text,
    kind text,
    numerator numeric,
    denominator numeric,
    on_hand_delta bigint,
    reserved_delta bigint
);
comment on type inventory.stock_change is
    'A change to be made: numerator/denominator base units, exactly. on_hand_delta, its whole units, is given when denominator is 1 and worked out otherwise.';

create type inventory.stock_movement as (
    line integer,
    store_id bigint,
    store text,
    product_id bigint,
    sku text,
    kind text,
    on_hand_delta bigint,
    reserved_delta bigint,
    on_hand bigint,
    reserved bigint,
    version bigint
);
comment on type inventory.stock_movement is 'A change that was made, with the balances and the version after it.';
