-- breaking: no
-- Which logins see and move which stores only. docs/decisions/0015-store-access.md says why it is so. The policies are in
-- triggers/store_access.sql, because they call a function.

create table inventory.store_access (
    login text not null,
    store_id bigint,
    added_by text not null default session_user,
    added_at timestamptz not null default pg_catalog.clock_timestamp(),
    -- One row without a store per login.
    constraint store_access_login_store_id_uq unique nulls not distinct (login, store_id),
    -- No cascade: a login whose last row went with its store would see every store.
    constraint store_access_store_id_fk foreign key (store_id) references inventory.stores,
    constraint store_access_login_ck check (login <> '' and length(login) <= 63)
);

create index store_access_store_id_idx on inventory.store_access (store_id);

comment on table inventory.store_access is
    'Logins that see and move certain stores only: who is listed here is held to the stores of its rows, who is not sees all. SELECT on this table, which the trigger gives to listed logins, is what the policies of the other tables look for.';
comment on column inventory.store_access.login is 'The login (session_user), or the name that a pooler''s login says with set local inventory.login.';
comment on column inventory.store_access.store_id is
    'A store that it may use. Null: a pooler''s login, which has no store of its own and says with inventory.login for whom it acts.';
comment on column inventory.store_access.added_by is 'The login that listed it.';
comment on column inventory.store_access.added_at is 'When it was listed, database clock.';

-- The other tables get theirs with the first row.
alter table inventory.store_access enable row level security;
