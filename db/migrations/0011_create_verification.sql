-- breaking: no
-- Proof: what verify() has walked of each stock row's movements, and what it found. docs/decisions/0014-proof.md says why it is so.
-- No foreign keys: they outlive the stock rows that they speak of.

create table inventory.stock_verified (
    store_id bigint not null,
    product_id bigint not null,
    version bigint not null,
    on_hand bigint not null,
    reserved bigint not null,
    lots_version bigint not null default 0,
    verified_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint stock_verified_pk primary key (store_id, product_id)
) with (fillfactor = 70);

comment on table inventory.stock_verified is
    'How far verify() has walked the movements of each stock row, and the balances there: the next walk goes on from it.';
comment on column inventory.stock_verified.store_id is 'The store.';
comment on column inventory.stock_verified.product_id is 'The product.';
comment on column inventory.stock_verified.version is 'The last movement that was walked; 0 when there was none.';
comment on column inventory.stock_verified.on_hand is 'on_hand after it, as the ledger says.';
comment on column inventory.stock_verified.reserved is 'reserved after it, as the ledger says.';
comment on column inventory.stock_verified.lots_version is 'The last movement whose lots were compared with their entries.';
comment on column inventory.stock_verified.verified_at is 'When it was walked.';

create table inventory.stock_verifications (
    store_id bigint not null,
    after_product_id bigint,
    is_whole boolean not null default false,
    started_at timestamptz,
    completed_at timestamptz,
    whole_completed_at timestamptz,
    constraint stock_verifications_pk primary key (store_id)
);

comment on table inventory.stock_verifications is 'Where verify() is in each store: one pass goes through all its stock rows, over as many calls as it takes.';
comment on column inventory.stock_verifications.store_id is 'The store.';
comment on column inventory.stock_verifications.after_product_id is 'The last product that the pass is done with; null when no pass is under way.';
comment on column inventory.stock_verifications.is_whole is 'True when the pass walks all movements again, and not only new ones.';
comment on column inventory.stock_verifications.started_at is 'When the last pass began.';
comment on column inventory.stock_verifications.completed_at is 'When a pass last came to its end.';
comment on column inventory.stock_verifications.whole_completed_at is 'When a pass over all movements last came to its end.';

create table inventory.stock_findings (
    finding_id bigint generated always as identity,
    store_id bigint not null,
    product_id bigint not null,
    kind text not null,
    version bigint not null,
    details jsonb not null,
    found_at timestamptz not null default pg_catalog.clock_timestamp(),
    repaired_at timestamptz,
    repaired_by text,
    repair_version bigint,
    gone_at timestamptz,
    constraint stock_findings_pk primary key (finding_id),
    constraint stock_findings_kind_ck check (kind in (
        'missing_movements', 'repeated_version', 'wrong_balance', 'stock_row', 'missing_stock_row', 'reserved', 'remainder', 'lots'
    ))
);

-- What stands in the ledger stays there and is one finding for ever; what a stock row is like is one as long as it lasts.
create unique index stock_findings_ledger_uq on inventory.stock_findings (store_id, product_id, kind, version)
    where kind in ('missing_movements', 'repeated_version', 'wrong_balance');
create unique index stock_findings_row_uq on inventory.stock_findings (store_id, product_id, kind)
    where kind in ('stock_row', 'missing_stock_row', 'reserved', 'remainder', 'lots') and repaired_at is null and gone_at is null;
create index stock_findings_open_idx on inventory.stock_findings (store_id, finding_id) where repaired_at is null and gone_at is null;

comment on table inventory.stock_findings is 'What verify() found: where movements, stock rows, holds, remainders and lots contradict each other. repair() settles it.';
comment on column inventory.stock_findings.finding_id is 'Names the finding; what repair() takes.';
comment on column inventory.stock_findings.store_id is 'The store.';
comment on column inventory.stock_findings.product_id is 'The product.';
comment on column inventory.stock_findings.kind is
    'missing_movements, repeated_version, wrong_balance: in the ledger. stock_row, missing_stock_row, reserved, remainder, lots: between it, holds, remainders, lots and the stock row.';
comment on column inventory.stock_findings.version is 'The version at which it was found.';
comment on column inventory.stock_findings.details is 'The figures that do not agree.';
comment on column inventory.stock_findings.found_at is 'When it was first found.';
comment on column inventory.stock_findings.repaired_at is 'When repair() settled it.';
comment on column inventory.stock_findings.repaired_by is 'Who called repair().';
comment on column inventory.stock_findings.repair_version is 'Version of the compensating movement.';
comment on column inventory.stock_findings.gone_at is 'When a later pass no longer found it, without a repair.';

-- What the last day brought, without looking at every document: documents are appended, so their times go with their pages.
create index stock_documents_recorded_at_idx on inventory.stock_documents using brin (recorded_at) with (pages_per_range = 32);
