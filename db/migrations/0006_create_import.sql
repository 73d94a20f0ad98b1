-- breaking: no
-- What stockctl import keeps: which lines of which file were applied, and a place to put lines before they are.

create table inventory.imports (
    import_id bigint generated always as identity,
    target text not null,
    file_hash text not null,
    mapping text not null default '',
    file_name text not null,
    run bigint not null default 0,
    actor text not null default session_user,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint imports_pk primary key (import_id),
    constraint imports_target_file_hash_mapping_uq unique (target, file_hash, mapping),
    constraint imports_target_ck check (target in ('products', 'stores', 'stock', 'movements', 'lots')),
    constraint imports_file_hash_ck check (file_hash ~ '^[0-9a-f]{64}$'),
    constraint imports_mapping_ck check (length(mapping) <= 64),
    constraint imports_file_name_ck check (length(file_name) <= 1000)
);

comment on table inventory.imports is 'Files that were imported. A file is known by its content, whatever its name.';
comment on column inventory.imports.import_id is 'Key inside the database.';
comment on column inventory.imports.target is 'What its lines became: products, stores, stock, movements or lots.';
comment on column inventory.imports.file_hash is 'SHA-256 of the uncompressed file, hexadecimal.';
comment on column inventory.imports.mapping is
    'Hash of the column mapping where applying a line again is harmless (products, stores, stock); of movements and lots only of the store that all lines are given.';
comment on column inventory.imports.file_name is 'Its name when it was first imported.';
comment on column inventory.imports.run is 'Number of its last run. Only that one may apply lines by their number.';
comment on column inventory.imports.actor is 'Who imported it first.';
comment on column inventory.imports.created_at is 'When it was first imported.';

create table inventory.import_batches (
    batch_id bigint generated always as identity,
    import_id bigint not null,
    stretch int8range not null,
    lines int8multirange not null default '{}',
    line_numbers bigint[] not null default '{}',
    line_count bigint not null,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint import_batches_pk primary key (batch_id),
    constraint import_batches_import_id_fk foreign key (import_id) references inventory.imports
);

-- Written once and read when the file is imported again: not worth compressing.
alter table inventory.import_batches alter line_numbers set storage external;

create index import_batches_import_id_idx on inventory.import_batches (import_id);

comment on table inventory.import_batches is
    'The lines that an import applied, a row per transaction until the file is imported again: then they are put together.';
comment on column inventory.import_batches.batch_id is 'Key inside the database.';
comment on column inventory.import_batches.import_id is 'The file.';
comment on column inventory.import_batches.stretch is 'From the first of the lines to the last.';
comment on column inventory.import_batches.lines is 'Line numbers of the file as ranges; the heading is line 1.';
comment on column inventory.import_batches.line_numbers is
    'Further line numbers, one by one: what a transaction applied that had a part of the lines of its stretch.';
comment on column inventory.import_batches.line_count is 'How many they are.';
comment on column inventory.import_batches.recorded_at is 'When the last of them were applied.';

create table inventory.import_sources (
    source_id bigint generated always as identity,
    name text not null,
    constraint import_sources_pk primary key (source_id),
    constraint import_sources_name_uq unique (name),
    constraint import_sources_name_ck check (name <> '' and length(name) <= 200)
);

comment on table inventory.import_sources is 'Systems whose files carry ids of their own; an id is unique within its source.';
comment on column inventory.import_sources.source_id is 'Key inside the database.';
comment on column inventory.import_sources.name is 'stockctl import --source; by default the name of the id column.';

create table inventory.import_line_ids (
    source_id bigint not null,
    line_id text collate "C" not null,
    content bigint not null,
    import_id bigint not null,
    line bigint not null,
    constraint import_line_ids_pk primary key (source_id, line_id),
    constraint import_line_ids_line_id_ck check (line_id <> '' and length(line_id) <= 200)
);

comment on table inventory.import_line_ids is 'Lines that were applied, by the id that their source gave them. No foreign keys: append-only and hot.';
comment on column inventory.import_line_ids.source_id is 'The source.';
comment on column inventory.import_line_ids.line_id is 'The id.';
comment on column inventory.import_line_ids.content is 'Hash of what the line said: the same id with another content is refused.';
comment on column inventory.import_line_ids.import_id is 'The file that it was applied from.';
comment on column inventory.import_line_ids.line is 'Its line in that file.';

-- Permanent, not temporary: a function with more rights than its caller must not read a table that the caller can shape.
-- Rows live for one transaction: staged, applied and removed. UNLOGGED for that reason.
create unlogged table inventory.import_staging (
    xid xid8 not null default pg_catalog.pg_current_xact_id(),
    line bigint not null,
    store_id bigint not null,
    product_id bigint not null,
    kind text,
    quantity bigint not null,
    reason text,
    reference text,
    actor text,
    correlation_id text,
    occurred_at timestamptz,
    line_id text collate "C",
    content bigint,
    low_stock_threshold bigint,
    allow_negative boolean,
    amount numeric,
    unit text,
    unit_cost numeric,
    lot text,
    expires_on date,
    -- Here, because the ledger itself has no CHECKs. Kinds that change what is reserved belong to functions.
    constraint import_staging_kind_ck check (kind in (
        'sale', 'deduction', 'purchase', 'opening', 'return', 'adjustment', 'compensation', 'transfer_out', 'transfer_in', 'count'
    )),
    constraint import_staging_texts_ck check (
        length(reason) <= 2000 and length(reference) <= 500 and length(actor) <= 200 and length(correlation_id) <= 200
    ),
    constraint import_staging_occurred_at_ck check (pg_catalog.isfinite(occurred_at)),
    constraint import_staging_low_stock_threshold_ck check (low_stock_threshold >= 0)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000, autovacuum_analyze_scale_factor = 100);

create index import_staging_xid_idx on inventory.import_staging (xid);

comment on table inventory.import_staging is 'Lines of the batch that is being imported. Nothing stays here beyond a transaction.';
comment on column inventory.import_staging.xid is 'The importing transaction; a function applies only its own.';
comment on column inventory.import_staging.line is 'Line number in the file.';
comment on column inventory.import_staging.store_id is 'The store.';
comment on column inventory.import_staging.product_id is 'The product.';
comment on column inventory.import_staging.kind is 'Kind of movement.';
comment on column inventory.import_staging.quantity is 'Movements: change of on_hand. Stock: on_hand itself. Base units. Of lots: 0.';
comment on column inventory.import_staging.reason is 'Why.';
comment on column inventory.import_staging.reference is 'The document it belongs to.';
comment on column inventory.import_staging.actor is 'Who; null takes the writer''s context.';
comment on column inventory.import_staging.correlation_id is 'Ties together what one request did.';
comment on column inventory.import_staging.occurred_at is 'When it happened; null is now.';
comment on column inventory.import_staging.line_id is 'Id that the source gave the line, if it gives ids.';
comment on column inventory.import_staging.content is 'Hash of what the line says.';
comment on column inventory.import_staging.low_stock_threshold is 'Stock: new threshold; null leaves it.';
comment on column inventory.import_staging.allow_negative is 'Stock: new policy; null leaves it.';
comment on column inventory.import_staging.amount is 'Lots: how many of unit.';
comment on column inventory.import_staging.unit is 'Lots: the unit; null is the base unit.';
comment on column inventory.import_staging.unit_cost is 'Lots: cost of one unit.';
comment on column inventory.import_staging.lot is 'Lots: the name.';
comment on column inventory.import_staging.expires_on is 'Lots: the last day on which it may be sold.';
