-- breaking: no
-- What the views are folded from: a shadow of each stock row as it was last counted, and the sums that it is in. docs/decisions/0016-views.md
-- says why it is so. Only fold_views() writes here, one at a time, so no writer of stock ever waits for a sum. Sums are numeric: stock rows
-- near the end of bigint must not stop the folding. No column that a fold changes is in an index, but for a status that changes.

create table inventory.folded_stock (
    store_id bigint not null,
    product_id bigint not null,
    version bigint not null,
    on_hand bigint not null,
    reserved bigint not null,
    low_stock_threshold bigint not null,
    is_counted boolean not null,
    is_alerted boolean not null,
    category_id bigint not null,
    unit_cost numeric,
    cost_value numeric,
    base_price numeric,
    price_value numeric,
    moved_at timestamptz,
    sold_on date,
    sold numeric not null default 0,
    constraint folded_stock_pk primary key (product_id, store_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.5);

comment on table inventory.folded_stock is 'Each stock row as it stands in the sums of the views, and what was sold of it on the last day of a sale.';
comment on column inventory.folded_stock.store_id is 'The store.';
comment on column inventory.folded_stock.product_id is 'The product.';
comment on column inventory.folded_stock.version is 'Version of the stock row that was folded last.';
comment on column inventory.folded_stock.on_hand is 'Base units.';
comment on column inventory.folded_stock.reserved is 'Base units.';
comment on column inventory.folded_stock.low_stock_threshold is 'Base units.';
comment on column inventory.folded_stock.is_counted is 'Whether it is in the sums: store and product are active.';
comment on column inventory.folded_stock.is_alerted is 'Whether its last crossing was downwards. With hysteresis it stays so for a while above the threshold.';
comment on column inventory.folded_stock.category_id is 'The category in whose sums it is; 0 for none.';
comment on column inventory.folded_stock.unit_cost is 'Cost of a base unit at the last purchase there; null when none said it.';
comment on column inventory.folded_stock.cost_value is 'What the units cost: lots, else unit_cost * on_hand; null when unknown.';
comment on column inventory.folded_stock.base_price is 'Price of a base unit; null when none is set.';
comment on column inventory.folded_stock.price_value is 'base_price * on_hand; null without a price.';
comment on column inventory.folded_stock.moved_at is 'When its last movement was recorded; null when none is kept.';
comment on column inventory.folded_stock.sold_on is 'Day of the last sale, in the store''s time zone; null before the first.';
comment on column inventory.folded_stock.sold is 'Base units sold on that day less returned. It goes to sales_by_day when a later day has a sale.';

create table inventory.folded_products (
    product_id bigint not null,
    status text not null,
    on_hand numeric not null,
    reserved numeric not null,
    low_stock_threshold numeric not null,
    stores integer not null,
    stores_with_stock integer not null,
    stores_low integer not null,
    stores_out integer not null,
    cost_value numeric not null,
    stores_without_cost integer not null,
    moved_at timestamptz,
    constraint folded_products_pk primary key (product_id),
    constraint folded_products_status_ck check (status in ('in_stock', 'low_stock', 'out_of_stock'))
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.5);

create index folded_products_status_idx on inventory.folded_products (status, product_id);

comment on table inventory.folded_products is 'The sums of inventory_summary_mv: each product over all active stores.';
comment on column inventory.folded_products.product_id is 'The product.';
comment on column inventory.folded_products.status is 'in_stock, low_stock or out_of_stock, as inventory_summary_mv says.';
comment on column inventory.folded_products.on_hand is 'Base units.';
comment on column inventory.folded_products.reserved is 'Base units.';
comment on column inventory.folded_products.low_stock_threshold is 'Sum of its stock rows'' thresholds.';
comment on column inventory.folded_products.stores is 'Stock rows.';
comment on column inventory.folded_products.stores_with_stock is 'Stock rows with units on hand.';
comment on column inventory.folded_products.stores_low is 'Stock rows at or below their threshold that are not out.';
comment on column inventory.folded_products.stores_out is 'Stock rows with nothing available.';
comment on column inventory.folded_products.cost_value is 'Sum of the known costs.';
comment on column inventory.folded_products.stores_without_cost is 'Stock rows of unknown cost.';
comment on column inventory.folded_products.moved_at is 'When its last movement was recorded.';

create table inventory.folded_store_categories (
    store_id bigint not null,
    category_id bigint not null,
    products integer not null,
    in_stock integer not null,
    low_stock integer not null,
    out_of_stock integer not null,
    on_hand numeric not null,
    reserved numeric not null,
    cost_value numeric not null,
    without_cost integer not null,
    price_value numeric not null,
    without_price integer not null,
    constraint folded_store_categories_pk primary key (store_id, category_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.5);

comment on table inventory.folded_store_categories is 'The sums of inventory_by_shop_category_mv and, over a store, of inventory_by_shop_mv.';
comment on column inventory.folded_store_categories.store_id is 'The store.';
comment on column inventory.folded_store_categories.category_id is 'The category; 0 for products without one.';
comment on column inventory.folded_store_categories.products is 'Stock rows of active products.';
comment on column inventory.folded_store_categories.in_stock is 'Stock rows above their threshold.';
comment on column inventory.folded_store_categories.low_stock is 'Stock rows at or below their threshold that are not out.';
comment on column inventory.folded_store_categories.out_of_stock is 'Stock rows with nothing available.';
comment on column inventory.folded_store_categories.on_hand is 'Base units.';
comment on column inventory.folded_store_categories.reserved is 'Base units.';
comment on column inventory.folded_store_categories.cost_value is 'Sum of the known costs, in the store''s currency.';
comment on column inventory.folded_store_categories.without_cost is 'Stock rows of unknown cost.';
comment on column inventory.folded_store_categories.price_value is 'Sum of on_hand * base_price, in the store''s currency.';
comment on column inventory.folded_store_categories.without_price is 'Stock rows with units on hand whose product has no price.';

create table inventory.folded_alerts (
    store_id bigint not null,
    product_id bigint not null,
    available bigint not null,
    low_stock_threshold bigint not null,
    sold_30 numeric not null,
    rank double precision not null,
    since timestamptz not null,
    constraint folded_alerts_pk primary key (store_id, product_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- The page of what is most urgent, everywhere and in one store.
create index folded_alerts_rank_idx on inventory.folded_alerts (rank, store_id, product_id);
create index folded_alerts_store_id_rank_idx on inventory.folded_alerts (store_id, rank, product_id);

comment on table inventory.folded_alerts is 'What low_stock_alerts_mv lists: stock rows whose last crossing was downwards.';
comment on column inventory.folded_alerts.store_id is 'The store.';
comment on column inventory.folded_alerts.product_id is 'The product.';
comment on column inventory.folded_alerts.available is 'Base units.';
comment on column inventory.folded_alerts.low_stock_threshold is 'Base units.';
comment on column inventory.folded_alerts.sold_30 is 'Base units sold in the last 30 whole days, less returned.';
comment on column inventory.folded_alerts.rank is 'Lower is more urgent, as _alert_rank() says.';
comment on column inventory.folded_alerts.since is 'When it crossed downwards; kept over a rebuild.';

create table inventory.sales_by_day (
    store_id bigint not null,
    product_id bigint not null,
    day date not null,
    sold numeric not null,
    constraint sales_by_day_pk primary key (store_id, product_id, day)
) with (fillfactor = 90);

comment on table inventory.sales_by_day is 'Units sold per stock row and day of the store''s time zone, by occurred_at; the last day of each is in folded_stock.';
comment on column inventory.sales_by_day.store_id is 'The store.';
comment on column inventory.sales_by_day.product_id is 'The product.';
comment on column inventory.sales_by_day.day is 'The day, in the store''s time zone.';
comment on column inventory.sales_by_day.sold is 'Base units sold and deducted, less returned and compensated.';

create table inventory.folded_stores (
    store_id bigint not null,
    day date not null,
    constraint folded_stores_pk primary key (store_id)
);

comment on table inventory.folded_stores is 'The day up to which the sales of a store''s low stock are summed up.';
comment on column inventory.folded_stores.store_id is 'The store.';
comment on column inventory.folded_stores.day is 'The day that it was there when they were.';

create table inventory.folded_analytics (
    scope text not null,
    id bigint not null,
    products bigint not null,
    stock_rows bigint not null,
    on_hand numeric not null,
    reserved numeric not null,
    low_stock bigint not null,
    out_of_stock bigint not null,
    currency text,
    cost_value numeric,
    price_value numeric,
    sold_1 numeric not null,
    sold_7 numeric not null,
    sold_7_before numeric not null,
    sold_30 numeric not null,
    dead_rows bigint not null,
    dead_units numeric not null,
    dead_value numeric,
    as_of timestamptz not null,
    duration interval,
    constraint folded_analytics_pk primary key (scope, id),
    constraint folded_analytics_scope_ck check (scope in ('overall', 'store', 'category', 'vendor'))
);

comment on table inventory.folded_analytics is 'The figures of inventory_analytics_mv, worked out anew now and then by fold_analytics().';
comment on column inventory.folded_analytics.scope is 'overall, store, category or vendor.';
comment on column inventory.folded_analytics.id is 'store_id, category_id or vendor_id; 0 for overall, and for products without category or vendor.';
comment on column inventory.folded_analytics.products is 'Products with a stock row.';
comment on column inventory.folded_analytics.stock_rows is 'Stock rows of active products in active stores.';
comment on column inventory.folded_analytics.on_hand is 'Base units.';
comment on column inventory.folded_analytics.reserved is 'Base units.';
comment on column inventory.folded_analytics.low_stock is 'Stock rows at or below their threshold that are not out.';
comment on column inventory.folded_analytics.out_of_stock is 'Stock rows with nothing available.';
comment on column inventory.folded_analytics.currency is 'Of the values; null when its stores have several, and the values too.';
comment on column inventory.folded_analytics.cost_value is 'Sum of the known costs.';
comment on column inventory.folded_analytics.price_value is 'Sum of on_hand * base_price.';
comment on column inventory.folded_analytics.sold_1 is 'Base units sold yesterday, by each store''s time zone, less returned.';
comment on column inventory.folded_analytics.sold_7 is 'The same in the last 7 whole days.';
comment on column inventory.folded_analytics.sold_7_before is 'The same in the 7 days before those.';
comment on column inventory.folded_analytics.sold_30 is 'The same in the last 30 whole days.';
comment on column inventory.folded_analytics.dead_rows is 'Stock rows with units on hand and no day, in the last dead_stock_days whole days or today, on which more was sold than came back.';
comment on column inventory.folded_analytics.dead_units is 'Their units.';
comment on column inventory.folded_analytics.dead_value is 'Their known costs.';
comment on column inventory.folded_analytics.as_of is 'When it was worked out.';
comment on column inventory.folded_analytics.duration is 'How long that took.';

create table inventory.fold_state (
    snapshot pg_snapshot,
    epoch uuid,
    folded_at timestamptz,
    fold_duration interval,
    rows_folded bigint not null default 0,
    folds bigint not null default 0,
    rebuilt_at timestamptz,
    rebuild_duration interval,
    rebuild_reason text,
    turned_at timestamptz,
    only_one boolean not null default true,
    constraint fold_state_pk primary key (only_one),
    constraint fold_state_only_one_ck check (only_one)
) with (fillfactor = 10);

comment on table inventory.fold_state is 'One row: the position up to which the views are folded, and how it went. Whoever folds holds its lock.';
comment on column inventory.fold_state.snapshot is 'Everything visible in it is folded; null: nothing is, and the next fold is a rebuild.';
comment on column inventory.fold_state.epoch is 'The epoch that the snapshot belongs to.';
comment on column inventory.fold_state.folded_at is 'When the last fold ended.';
comment on column inventory.fold_state.fold_duration is 'How long it took.';
comment on column inventory.fold_state.rows_folded is 'Stock rows folded so far.';
comment on column inventory.fold_state.folds is 'Folds so far.';
comment on column inventory.fold_state.rebuilt_at is 'When the last rebuild ended.';
comment on column inventory.fold_state.rebuild_duration is 'How long it took.';
comment on column inventory.fold_state.rebuild_reason is 'Why it was.';
comment on column inventory.fold_state.turned_at is 'When stores were last looked at for a new day; every quarter of an hour, as time zones differ by that.';
comment on column inventory.fold_state.only_one is 'Always true: there is one row.';

insert into inventory.fold_state default values;

create table inventory.rebuild_requests (
    rebuild_request_id bigint generated always as identity,
    asked_at timestamptz not null default clock_timestamp(),
    constraint rebuild_requests_pk primary key (rebuild_request_id)
);
comment on table inventory.rebuild_requests is
    'That a rebuild of the views was asked for: a NOTIFY is heard by who listens then, and a relay may be just coming. A rebuild takes away what was there when it began.';
comment on column inventory.rebuild_requests.rebuild_request_id is 'Who has asked: a number.';
comment on column inventory.rebuild_requests.asked_at is 'When.';

-- Whether all stores have one currency is asked with every sum over stores.
create index stores_currency_idx on inventory.stores (currency) where active;

-- Low stock is an event of the feed; a cost that changes without a movement must be one, too, for its value to be folded.
alter table inventory.inventory_event
    drop constraint inventory_event_type_ck,
    add constraint inventory_event_type_ck check (type in (
        'product_created', 'product_updated', 'product_deleted', 'price_changed', 'availability_changed',
        'stock_settings_changed', 'store_created', 'store_updated', 'store_deleted',
        'vendor_created', 'vendor_updated', 'vendor_deleted',
        'category_created', 'category_updated', 'category_deleted', 'canary', 'stock_shortfall',
        'cost_changed', 'low_stock_alert', 'low_stock_cleared'
    ));

insert into inventory.settings (name, value, type, description)
values
    ('low_stock_hysteresis_percent', '0', 'integer', 'How far above its threshold, in percent of it, a stock row must rise before its low stock counts as over, 0 to 1000. Default 0.'),
    ('dead_stock_days', '90', 'integer', 'Days without a sale after which stock counts as dead, 1 to 3650. Default 90.'),
    ('sales_days_kept', '400', 'integer', 'Days that sales by day are kept, 62 to 3650. Default 400.');

alter table inventory.settings
    drop constraint settings_range_ck,
    add constraint settings_range_ck check (
        case name
            when 'ledger_months_ahead' then value::numeric between 0 and 120
            when 'canaries_kept' then value::numeric between 1 and 1000
            when 'offline_window_days' then value::numeric between 1 and 3650
            when 'reservation_minutes' then value::numeric between 1 and 525600
            when 'reservation_minutes_max' then value::numeric between 1 and 525600
            when 'low_stock_hysteresis_percent' then value::numeric between 0 and 1000
            when 'dead_stock_days' then value::numeric between 1 and 3650
            when 'sales_days_kept' then value::numeric between 62 and 3650
            else true
        end
    );

-- A stock row as it stands in the sums and as it is; _unfolded() explains it.
create type inventory.unfolded_stock as (
    store_id bigint, product_id bigint, is_shadowed boolean, is_there boolean,
    was_counted boolean, was_alerted boolean, was_category_id bigint, was_on_hand bigint, was_reserved bigint, was_threshold bigint,
    was_cost_value numeric, was_price_value numeric, was_sold_on date, was_sold numeric,
    is_counted boolean, category_id bigint, version bigint, on_hand bigint, reserved bigint, threshold bigint,
    unit_cost numeric, cost_value numeric, base_price numeric, price_value numeric,
    first_version bigint, moves bigint, lowest bigint, highest bigint, is_set boolean, moved_at timestamptz,
    sold numeric, sold_first timestamptz, sold_last timestamptz, time_zone text, is_compared boolean, shadow tid
);
comment on type inventory.unfolded_stock is 'A stock row as it stands in the sums of the views, and as it is.';

-- Search: words of sku, name and description without case and accents. The functions are here because an index is made of them.

create function inventory.search_text(text) returns text
language sql immutable parallel safe
return pg_catalog.regexp_replace(
    pg_catalog.lower(
        pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
            pg_catalog.translate(
                pg_catalog.lower(pg_catalog.regexp_replace(pg_catalog.normalize($1, 'NFKD'), '[\u0300-\u036f]', '', 'g')),
                -- In a Turkish database I is ı in lower case.
                'øłđðı', 'olddi'
            ), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
    ),
    '[^[:alnum:]]+', ' ', 'g'
);
comment on function inventory.search_text(text) is 'A text as words to be searched for: lower case, without accents and punctuation.';

create function inventory.search_document(sku text, name text, description text) returns tsvector
language sql immutable parallel safe
return pg_catalog.to_tsvector(
    'pg_catalog.simple', inventory.search_text(sku) || ' ' || inventory.search_text(name) || ' ' || inventory.search_text(pg_catalog.left(coalesce(description, ''), 20000))
);
comment on function inventory.search_document(text, text, text) is
    'The words by which search_products() finds a product: of sku, name and the first 20 000 characters of description.';

create index products_search_idx on inventory.products using gin (inventory.search_document(sku, name, description));
