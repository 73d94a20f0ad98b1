-- breaking: no
-- Reservations: what orders have set aside of stock rows. docs/decisions/0010-reservations.md says why it is so.
-- No foreign keys and no CHECK, as on documents: only our functions write here, and what a row names was checked by its stock row.

create table inventory.stock_reservations (
    reservation_id bigint generated always as identity,
    store_id bigint not null,
    order_code text collate "C" not null,
    document_id bigint,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stock_reservations_pk primary key (reservation_id),
    constraint stock_reservations_store_id_order_code_uq unique (store_id, order_code)
) with (fillfactor = 80);

comment on table inventory.stock_reservations is
    'Orders that reserved something in a store: one row per order and store, which everything that is done to the order locks first.';
comment on column inventory.stock_reservations.reservation_id is 'Key inside the database.';
comment on column inventory.stock_reservations.store_id is 'The store.';
comment on column inventory.stock_reservations.order_code is 'What the shop calls the order, or the cart.';
comment on column inventory.stock_reservations.document_id is 'The document of kind order that says what was reserved last.';
comment on column inventory.stock_reservations.created_at is 'When the order first reserved something.';

create table inventory.stock_holds (
    hold_id bigint generated always as identity,
    reservation_id bigint not null,
    store_id bigint not null,
    product_id bigint not null,
    state text not null default 'held',
    is_settled boolean not null default false,
    units bigint not null,
    numerator numeric not null,
    denominator numeric not null,
    quantity numeric not null,
    unit text not null,
    unit_numerator numeric not null,
    unit_denominator numeric not null,
    price numeric(18, 6),
    expires_at timestamptz not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    changed_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stock_holds_pk primary key (hold_id)
) with (fillfactor = 80);

-- One that is open per order and product.
create unique index stock_holds_reservation_id_product_id_uq on inventory.stock_holds (reservation_id, product_id) where not is_settled;
create index stock_holds_reservation_id_idx on inventory.stock_holds (reservation_id);
-- The next ones to expire, of all and of one stock row.
create index stock_holds_expires_at_idx on inventory.stock_holds (expires_at, hold_id) where state = 'held';
create index stock_holds_store_id_product_id_idx on inventory.stock_holds (store_id, product_id, expires_at, hold_id) where state = 'held';

comment on table inventory.stock_holds is
    'What one order has set aside of one stock row. reserved of a stock row is the sum of units of its holds in state held. A hold leaves that state once, and under the lock of its stock row.';
comment on column inventory.stock_holds.hold_id is 'Key inside the database.';
comment on column inventory.stock_holds.reservation_id is 'The order.';
comment on column inventory.stock_holds.store_id is 'The store.';
comment on column inventory.stock_holds.product_id is 'The product.';
comment on column inventory.stock_holds.state is 'held, then committed, released or expired, once.';
comment on column inventory.stock_holds.is_settled is
    'True when the order can take nothing from it any more. One that expired is not settled until its order is reduced, released or reserved again: a payment may still come.';
comment on column inventory.stock_holds.units is 'Whole base units that it sets aside, or did when it left the state held.';
comment on column inventory.stock_holds.numerator is 'With denominator: what is held of the product, base units, exactly; less than units when that is no whole number.';
comment on column inventory.stock_holds.denominator is 'With numerator: what is held, exactly.';
comment on column inventory.stock_holds.quantity is 'The same in the unit that the order''s line named; nine decimals.';
comment on column inventory.stock_holds.unit is 'The unit that the order''s line named; the base unit when several lines asked for the product.';
comment on column inventory.stock_holds.unit_numerator is 'With unit_denominator: base units in one of the unit, by the ratio of that day.';
comment on column inventory.stock_holds.unit_denominator is 'With unit_numerator: base units in one of the unit.';
comment on column inventory.stock_holds.price is 'Price of one unit, as the order''s line said; null when it did not, or several lines asked for the product.';
comment on column inventory.stock_holds.expires_at is 'From then on it is expired, whether expire_reservations() has come by or not.';
comment on column inventory.stock_holds.created_at is 'When it was made.';
comment on column inventory.stock_holds.changed_at is 'When it last changed.';

comment on column inventory.stock_documents.kind is
    'purchase, sale, return, order (what was reserved), or shortfall (what a paid order did not get: nothing moved).';
comment on column inventory.stock_documents.original_document_id is
    'For a return: the sale, when it was named; the last one when several were. For the sale and the shortfall of an order: the order.';

alter table inventory.inventory_event
    drop constraint inventory_event_type_ck,
    add constraint inventory_event_type_ck check (type in (
        'product_created', 'product_updated', 'product_deleted', 'price_changed', 'availability_changed',
        'stock_settings_changed', 'store_created', 'store_updated', 'store_deleted',
        'vendor_created', 'vendor_updated', 'vendor_deleted',
        'category_created', 'category_updated', 'category_deleted', 'canary', 'stock_shortfall'
    ));

insert into inventory.settings (name, value, type, description)
values
    ('reservation_minutes', '15', 'integer', 'Minutes that a reservation holds when it does not say how long, 1 to 525600. Default 15.'),
    ('reservation_minutes_max', '10080', 'integer', 'Minutes that a reservation may ask for at most, 1 to 525600. Default 10080, a week.');

alter table inventory.settings
    drop constraint settings_range_ck,
    add constraint settings_range_ck check (
        case name
            when 'ledger_months_ahead' then value::numeric between 0 and 120
            when 'canaries_kept' then value::numeric between 1 and 1000
            when 'offline_window_days' then value::numeric between 1 and 3650
            when 'reservation_minutes' then value::numeric between 1 and 525600
            when 'reservation_minutes_max' then value::numeric between 1 and 525600
            else true
        end
    );

create type inventory.hold_change as (
    hold_id bigint,
    state text,
    is_settled boolean,
    units bigint,
    numerator numeric,
    denominator numeric
);
comment on type inventory.hold_change is 'What becomes of a hold; units and the quantity are those that stay held, null when they stay as they are.';
