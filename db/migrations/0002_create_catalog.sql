-- breaking: no
-- What is sold and where: stores, vendors, categories, products. Text codes for people, bigint keys inside.

create table inventory.stores (
    store_id bigint generated always as identity,
    code text not null,
    name text not null,
    currency text not null default 'EUR',
    time_zone text not null default 'UTC',
    low_stock_threshold bigint not null default 0,
    allow_negative boolean not null default false,
    active boolean not null default true,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stores_pk primary key (store_id),
    constraint stores_code_uq unique (code),
    constraint stores_code_ck check (code <> '' and length(code) <= 200),
    constraint stores_name_ck check (length(name) <= 1000),
    constraint stores_currency_ck check (currency ~ '^[A-Z]{3}$'),
    -- An unknown name raises in timezone(), which would also take abbreviations: those mean what each session has set.
    constraint stores_time_zone_ck check (
        length(time_zone) <= 100 and time_zone ~ '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Za-z_]+(/[A-Za-z_-]+)+)$'
        and pg_catalog.timezone(time_zone, '2000-01-01 00:00:00+00'::timestamptz) is not null
    ),
    constraint stores_low_stock_threshold_ck check (low_stock_threshold >= 0)
);

comment on table inventory.stores is 'Shops, warehouses, kitchens: every place that holds stock of its own.';
comment on column inventory.stores.store_id is 'Key inside the database.';
comment on column inventory.stores.code is 'The name that people and programs use; unique, case-sensitive.';
comment on column inventory.stores.name is 'Name for display.';
comment on column inventory.stores.currency is 'ISO 4217 code of all money of this store.';
comment on column inventory.stores.time_zone is 'IANA name as Europe/Berlin, or UTC; a day of this store begins at its midnight.';
comment on column inventory.stores.low_stock_threshold is 'Default threshold of new stock rows whose product sets none. Base units.';
comment on column inventory.stores.allow_negative is 'Default negative policy of new stock rows whose product sets none.';
comment on column inventory.stores.active is 'False hides the store from readers; its stock and history stay.';
comment on column inventory.stores.created_at is 'When the row was made.';
comment on column inventory.stores.updated_at is 'When the row last changed.';

create table inventory.vendors (
    vendor_id bigint generated always as identity,
    code text not null,
    name text not null,
    active boolean not null default true,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint vendors_pk primary key (vendor_id),
    constraint vendors_code_uq unique (code),
    constraint vendors_code_ck check (code <> '' and length(code) <= 200),
    constraint vendors_name_ck check (length(name) <= 1000)
);

comment on table inventory.vendors is 'Who supplies products.';
comment on column inventory.vendors.vendor_id is 'Key inside the database.';
comment on column inventory.vendors.code is 'The name that people and programs use; unique, case-sensitive.';
comment on column inventory.vendors.name is 'Name for display.';
comment on column inventory.vendors.active is 'False when nothing new is bought there.';
comment on column inventory.vendors.created_at is 'When the row was made.';
comment on column inventory.vendors.updated_at is 'When the row last changed.';

create table inventory.categories (
    category_id bigint generated always as identity,
    code text not null,
    name text not null,
    parent_id bigint,
    active boolean not null default true,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint categories_pk primary key (category_id),
    constraint categories_code_uq unique (code),
    constraint categories_parent_id_fk foreign key (parent_id) references inventory.categories,
    constraint categories_code_ck check (code <> '' and length(code) <= 200),
    constraint categories_name_ck check (length(name) <= 1000),
    constraint categories_parent_id_ck check (parent_id <> category_id)
);

comment on table inventory.categories is 'Groups of products, as a tree.';
comment on column inventory.categories.category_id is 'Key inside the database.';
comment on column inventory.categories.code is 'The name that people and programs use; unique, case-sensitive.';
comment on column inventory.categories.name is 'Name for display.';
comment on column inventory.categories.parent_id is 'The group that this one belongs to; null at the top.';
comment on column inventory.categories.active is 'False hides the category from choice.';
comment on column inventory.categories.created_at is 'When the row was made.';
comment on column inventory.categories.updated_at is 'When the row last changed.';

create index categories_parent_id_idx on inventory.categories (parent_id);

create table inventory.products (
    product_id bigint generated always as identity,
    sku text not null,
    name text not null,
    description text,
    vendor_id bigint,
    category_id bigint,
    base_price numeric(18, 6),
    availability text not null default 'available',
    base_unit text not null default 'piece',
    pieces_per_pack bigint not null default 1,
    packs_per_box bigint not null default 1,
    low_stock_threshold bigint,
    allow_negative boolean,
    active boolean not null default true,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint products_pk primary key (product_id),
    constraint products_sku_uq unique (sku),
    constraint products_vendor_id_fk foreign key (vendor_id) references inventory.vendors,
    constraint products_category_id_fk foreign key (category_id) references inventory.categories,
    constraint products_sku_ck check (sku <> '' and length(sku) <= 200),
    constraint products_name_ck check (length(name) <= 1000),
    constraint products_description_ck check (length(description) <= 100000),
    -- NaN is above every number to PostgreSQL, but no price.
    constraint products_base_price_ck check (base_price >= 0 and base_price <> 'NaN'),
    constraint products_availability_ck
        check (availability in ('available', 'out_of_stock', 'preorder', 'discontinued')),
    -- box and pack are counted by pieces_per_pack and packs_per_box.
    constraint products_base_unit_ck check (base_unit <> '' and length(base_unit) <= 50 and base_unit not in ('box', 'pack')),
    constraint products_pieces_per_pack_ck check (pieces_per_pack > 0),
    constraint products_packs_per_box_ck check (packs_per_box > 0),
    constraint products_low_stock_threshold_ck check (low_stock_threshold >= 0)
);

comment on table inventory.products is 'What is kept in stock: articles, ingredients, packaging.';
comment on column inventory.products.product_id is 'Key inside the database.';
comment on column inventory.products.sku is 'The article code that people and programs use; unique, case-sensitive.';
comment on column inventory.products.name is 'Name for display.';
comment on column inventory.products.description is 'Longer text for people and search.';
comment on column inventory.products.vendor_id is 'Who supplies it; null when unknown.';
comment on column inventory.products.category_id is 'The group it belongs to; null when none.';
comment on column inventory.products.base_price is 'Price of one base unit, in the currency of the store that sells it; null when none is set.';
comment on column inventory.products.availability is
    'What people say of the offer: available, out_of_stock, preorder, discontinued. Says nothing about quantities.';
comment on column inventory.products.base_unit is 'The unit of every quantity of this product: piece, gram, millilitre, ...';
comment on column inventory.products.pieces_per_pack is 'Base units in a pack, at least 1.';
comment on column inventory.products.packs_per_box is 'Packs in a box, at least 1.';
comment on column inventory.products.low_stock_threshold is 'Default threshold of new stock rows; null takes the store''s. Base units.';
comment on column inventory.products.allow_negative is 'Default negative policy of new stock rows; null takes the store''s.';
comment on column inventory.products.active is 'False hides the product from readers; its stock and history stay.';
comment on column inventory.products.created_at is 'When the row was made.';
comment on column inventory.products.updated_at is 'When the row last changed.';

create index products_vendor_id_idx on inventory.products (vendor_id);
create index products_category_id_idx on inventory.products (category_id);
