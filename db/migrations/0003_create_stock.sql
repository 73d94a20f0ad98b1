-- breaking: no
-- The stock rows. The hot table: no index names a column that a movement changes, and pages keep room, so that a movement
-- is a HOT update.

create table inventory.inventory_stock (
    store_id bigint not null,
    product_id bigint not null,
    on_hand bigint not null default 0,
    reserved bigint not null default 0,
    available bigint not null generated always as (on_hand - reserved) stored,
    low_stock_threshold bigint not null,
    allow_negative boolean not null,
    version bigint not null default 0,
    -- Null says more than 0, and is asked for without an operator: nothing for the statement trigger to record.
    on_hand_delta bigint default 0,
    reserved_delta bigint not null default 0,
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint inventory_stock_pk primary key (store_id, product_id),
    constraint inventory_stock_store_id_fk foreign key (store_id) references inventory.stores,
    constraint inventory_stock_product_id_fk foreign key (product_id) references inventory.products,
    constraint inventory_stock_available_ck check (available >= 0 or allow_negative),
    constraint inventory_stock_reserved_ck check (reserved >= 0),
    constraint inventory_stock_low_stock_threshold_ck check (low_stock_threshold >= 0)
) with (fillfactor = 70);

-- For look-ups of one product in every store, and for the foreign key when a product is deleted.
create index inventory_stock_product_id_idx on inventory.inventory_stock (product_id, store_id);

comment on table inventory.inventory_stock is
    'The stock of one product in one store. Write it with plain SQL: every change of on_hand writes its own movement.';
comment on column inventory.inventory_stock.store_id is 'The store.';
comment on column inventory.inventory_stock.product_id is 'The product.';
comment on column inventory.inventory_stock.on_hand is 'Base units in the store.';
comment on column inventory.inventory_stock.reserved is 'Base units of on_hand that are promised to orders. Changed by functions only.';
comment on column inventory.inventory_stock.available is 'on_hand - reserved. Below zero only where allow_negative says so.';
comment on column inventory.inventory_stock.low_stock_threshold is
    'At or below this many available units the row is low; 0 alerts at 0 only. Left out: the product''s default, else the store''s.';
comment on column inventory.inventory_stock.allow_negative is
    'True lets available fall below zero. Left out: the product''s default, else the store''s.';
comment on column inventory.inventory_stock.version is
    'Number of movements of this store and product, ever. +1 with each, also over a deletion and re-insertion of the row.';
comment on column inventory.inventory_stock.on_hand_delta is
    'Change of on_hand by the last statement; how the capture triggers pass it on. Null when that was a function, or moved nothing.';
comment on column inventory.inventory_stock.reserved_delta is 'Change of reserved by the last statement, where on_hand_delta is not null.';
comment on column inventory.inventory_stock.updated_at is 'When the row last changed.';

create table inventory.stock_version_kept (
    store_id bigint not null,
    product_id bigint not null,
    version bigint not null,
    constraint stock_version_kept_pk primary key (store_id, product_id)
);

comment on table inventory.stock_version_kept is
    'The version with which a stock row was last made or deleted, so that a row made again goes on from there. No foreign keys: it outlives both.';
comment on column inventory.stock_version_kept.store_id is 'The store.';
comment on column inventory.stock_version_kept.product_id is 'The product.';
comment on column inventory.stock_version_kept.version is 'The version of the movement that made or deleted the row.';

create type inventory.stock_key as (store_id bigint, product_id bigint);
comment on type inventory.stock_key is 'Names one stock row.';
