-- breaking: no
-- What makes a position provably of this life of the database, and who follows it.

create unlogged table inventory.incarnation_token (
    token uuid not null,
    only_one boolean not null default true,
    constraint incarnation_token_pk primary key (only_one),
    constraint incarnation_token_only_one_ck check (only_one)
);

comment on table inventory.incarnation_token is
    'One row, made by the first reader. UNLOGGED: a crash, a promotion and a restore empty it, a clean restart does not. A copy of a cleanly stopped server keeps it: then run finish_restore().';
comment on column inventory.incarnation_token.token is 'Random.';
comment on column inventory.incarnation_token.only_one is 'Always true: there is one row.';

create table inventory.epoch (
    epoch uuid not null default pg_catalog.gen_random_uuid(),
    system_identifier bigint not null,
    database_oid oid not null,
    table_oid oid not null,
    movement_id_floor bigint not null default 0,
    event_seq_floor bigint not null default 0,
    released_xid xid8 not null default '0',
    only_one boolean not null default true,
    constraint epoch_pk primary key (only_one),
    constraint epoch_only_one_ck check (only_one)
);

comment on table inventory.epoch is 'One row: which database the transaction ids of the history belong to, and from where on the feed can be read.';
comment on column inventory.epoch.epoch is 'Change it by hand after repairing data behind the triggers'' back: every position before is then refused.';
comment on column inventory.epoch.system_identifier is 'pg_control_system() of the server that the transaction ids of the history belong to.';
comment on column inventory.epoch.database_oid is 'The database that they belong to. Another one here means: this is a restored copy.';
comment on column inventory.epoch.table_oid is 'This table. Another one here means: a dump was restored in place of what was there.';
comment on column inventory.epoch.movement_id_floor is 'Movements up to this one carry transaction ids of another server and are no part of the feed.';
comment on column inventory.epoch.event_seq_floor is 'Events up to this one carry transaction ids of another server and are no part of the feed.';
comment on column inventory.epoch.released_xid is 'The highest transaction id among feed rows that were let go; a position that still needs it is too old.';
comment on column inventory.epoch.only_one is 'Always true: there is one row.';

insert into inventory.epoch (system_identifier, database_oid, table_oid)
select c.system_identifier, d.oid, 'inventory.epoch'::pg_catalog.regclass
from pg_catalog.pg_control_system() as c, pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database();

create table inventory.daemons (
    instance_id uuid not null,
    name text not null,
    is_relay boolean not null,
    position_hash text not null,
    nonce uuid not null default pg_catalog.gen_random_uuid(),
    seen_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint daemons_pk primary key (instance_id),
    constraint daemons_name_ck check (length(name) <= 200),
    constraint daemons_position_hash_ck check (length(position_hash) <= 64)
);

comment on table inventory.daemons is
    'The stockd processes that follow this database, each with its last canary. Writing a row sends the canary through the feed.';
comment on column inventory.daemons.instance_id is 'Random, one per process.';
comment on column inventory.daemons.name is 'Host and process, for people.';
comment on column inventory.daemons.is_relay is 'Whether it was the relay when it wrote this.';
comment on column inventory.daemons.position_hash is 'Short hash of its position when it wrote this.';
comment on column inventory.daemons.nonce is 'The last canary; becomes the event_id of its event.';
comment on column inventory.daemons.seen_at is 'When it wrote this, database clock.';

create table inventory.settings (
    name text not null,
    value text not null,
    type text not null,
    description text not null,
    constraint settings_pk primary key (name),
    constraint settings_type_ck check (type in ('integer', 'boolean', 'text', 'interval')),
    constraint settings_value_ck check (
        case type
            when 'integer' then value ~ '^-?[0-9]{1,18}$'
            when 'boolean' then value in ('true', 'false')
            else length(value) <= 1000
        end
    ),
    -- What the functions that read them can work with: a wrong one would stop every stockd, for good.
    constraint settings_range_ck check (
        case name
            when 'ledger_months_ahead' then value::numeric between 0 and 120
            when 'canaries_kept' then value::numeric between 1 and 1000
            else true
        end
    )
);

comment on table inventory.settings is 'Settings of the database side, one row per name.';
comment on column inventory.settings.name is 'The setting.';
comment on column inventory.settings.value is 'Its value, as text.';
comment on column inventory.settings.type is 'How value is read: integer, boolean, text, interval.';
comment on column inventory.settings.description is 'What it does, its unit and its default.';

insert into inventory.settings (name, value, type, description)
values
    ('ledger_months_ahead', '3', 'integer', 'Monthly ledger partitions that are kept ready ahead of now, 0 to 120. Default 3.'),
    ('canaries_kept', '16', 'integer', 'Canary events kept per stockd, 1 to 1000; a reconnecting one proves itself by its last. Default 16.');
