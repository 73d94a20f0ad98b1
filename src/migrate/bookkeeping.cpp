#include "migrate/bookkeeping.hpp"

#include <string>

namespace stockd::migrate {

namespace {

// Another database of the same cluster may make the same roles at the same time, and the migration
// lock is per database.
constexpr int kRoleAttempts = 10;

constexpr const char* kIsInstalled = R"(
select exists (
    select from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'inventory' and c.relname = 'schema_repeatable'
))";

// All NOLOGIN. Two own things, four are granted to logins; grants.sql says what each may do. Their
// memberships belong to the cluster like they do: a dump brings neither along.
constexpr const char* kCreateRoles = R"(
do $$
declare
    v_role text;
    v_member text;
begin
    foreach v_role in array array[
        'inventory_owner', 'inventory_engine', 'inventory_reader', 'inventory_writer', 'inventory_daemon', 'inventory_admin'
    ] loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
            execute pg_catalog.format('create role %I nologin', v_role);
        end if;
    end loop;
    for v_role, v_member in
        values ('inventory_reader', 'inventory_writer'), ('inventory_reader', 'inventory_daemon'),
            ('inventory_writer', 'inventory_admin'), ('inventory_daemon', 'inventory_admin')
    loop
        if not pg_catalog.pg_has_role(v_member, v_role, 'MEMBER') then
            execute pg_catalog.format('grant %I to %I', v_role, v_member);
        end if;
    end loop;
end
$$)";

// From 16 on, membership and the right to SET ROLE are two things, and CREATEROLE gives neither by
// itself.
constexpr const char* kJoinRoles = R"(
do $$
declare
    v_role text;
    v_kind text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
begin
    foreach v_role in array array['inventory_owner', 'inventory_engine'] loop
        if not pg_catalog.pg_has_role(session_user, v_role, v_kind) then
            execute pg_catalog.format(
                'grant %I to %I%s', v_role, session_user,
                case when v_kind = 'SET' then ' with inherit true, set true' else '' end
            );
        end if;
    end loop;
end
$$)";

constexpr const char* kCreateTables = R"(
do $$
begin
    if not exists (select from pg_catalog.pg_namespace where nspname = 'inventory') then
        create schema inventory authorization inventory_owner;
    end if;
    set local role inventory_owner;
    comment on schema inventory is 'Stock of every store and product, exact, with its history and change feed.';
    grant usage on schema inventory to inventory_engine;
    create table inventory.schema_migration (
        number integer not null,
        name text not null,
        checksum text not null,
        is_breaking boolean not null,
        program_version text not null,
        applied_by text not null default session_user,
        applied_at timestamptz not null default pg_catalog.clock_timestamp(),
        constraint schema_migration_number_pk primary key (number)
    );
    comment on table inventory.schema_migration is 'Files of db/migrations that were applied, each once. Written by stockctl migrate.';
    comment on column inventory.schema_migration.number is 'The four digits of the file''s name: 1, 2, 3 ... without a gap.';
    comment on column inventory.schema_migration.name is 'The file''s name without .sql.';
    comment on column inventory.schema_migration.checksum is 'SHA-256 of the file as it was applied, hex.';
    comment on column inventory.schema_migration.is_breaking is 'A program that does not know this migration cannot work with the schema.';
    comment on column inventory.schema_migration.program_version is 'Version of the program that applied it.';
    comment on column inventory.schema_migration.applied_by is 'The login that applied it.';
    comment on column inventory.schema_migration.applied_at is 'When it was applied.';
    create table inventory.schema_repeatable (
        path text not null,
        checksum text not null,
        program_version text not null,
        applied_by text not null default session_user,
        applied_at timestamptz not null default pg_catalog.clock_timestamp(),
        constraint schema_repeatable_path_pk primary key (path)
    );
    comment on table inventory.schema_repeatable is 'Files of functions, triggers, views and grants as they were last applied. Written by stockctl migrate.';
    comment on column inventory.schema_repeatable.path is 'The file below db/.';
    comment on column inventory.schema_repeatable.checksum is 'SHA-256 of the file as it was applied, hex; another one means apply again.';
    comment on column inventory.schema_repeatable.program_version is 'Version of the program that applied it; an older one does not replace it.';
    comment on column inventory.schema_repeatable.applied_by is 'The login that applied it.';
    comment on column inventory.schema_repeatable.applied_at is 'When it was last applied.';
end
$$)";

base::Result<bool> is_installed(pg::Connection& connection) {
    const auto rows = connection.exec(kIsInstalled);
    if (!rows) {
        return rows.error();
    }
    return rows->boolean(0, 0);
}

base::Error with_hint(base::Error error, std::string hint) {
    if (error.code == base::ErrorCode::kPermissionDenied) {
        error.hint = std::move(hint);
    }
    return error;
}

bool is_race(const base::Error& error) {
    return error.sqlstate == "42710" || error.sqlstate == "23505" || error.sqlstate == "XX000" ||
           error.sqlstate == "40001";
}

}  // namespace

base::Result<Applied> read_applied(pg::Connection& connection) {
    Applied applied;
    const auto installed = is_installed(connection);
    if (!installed) {
        return installed.error();
    }
    if (!*installed) {
        return applied;
    }
    applied.is_installed = true;
    const auto migrations = connection.exec(
        "select number, name, checksum, is_breaking, program_version, applied_at::text "
        "from inventory.schema_migration order by number"
    );
    const auto repeatables = connection.exec(
        "select path, checksum, program_version, applied_at::text from inventory.schema_repeatable "
        "order by path"
    );
    if (!migrations || !repeatables) {
        return with_hint(
            migrations ? repeatables.error() : migrations.error(),
            "Log in as a member of inventory_reader, inventory_daemon or inventory_admin, for "
            "example: GRANT inventory_reader TO <login>."
        );
    }
    for (int i = 0; i < migrations->size(); ++i) {
        const auto text = [&](int column) { return std::string(migrations->text(i, column)); };
        applied.migrations.push_back(
            {static_cast<int>(migrations->integer(i, 0)),
             text(1),
             text(2),
             migrations->boolean(i, 3),
             text(4),
             text(5)}
        );
    }
    for (int i = 0; i < repeatables->size(); ++i) {
        const auto text = [&](int column) { return std::string(repeatables->text(i, column)); };
        applied.repeatables.push_back({text(0), text(1), text(2), text(3)});
    }
    return applied;
}

base::Result<void> ensure_roles(pg::Connection& connection) {
    for (int attempt = 1;; ++attempt) {
        auto created = connection.exec(kCreateRoles);
        if (created) {
            return {};
        }
        if (!is_race(created.error()) || attempt == kRoleAttempts) {
            return with_hint(
                created.error(),
                "The login that migrates needs CREATEROLE, or somebody who has it runs: stockctl "
                "migrate --roles-only"
            );
        }
    }
}

base::Result<void> bootstrap(pg::Connection& connection) {
    if (auto roles = ensure_roles(connection); !roles) {
        return roles.error();
    }
    for (int attempt = 1;; ++attempt) {
        auto joined = connection.exec(kJoinRoles);
        if (joined) {
            break;
        }
        if (!is_race(joined.error()) || attempt == kRoleAttempts) {
            return with_hint(
                joined.error(),
                "Somebody who may administer these roles runs: GRANT inventory_owner, "
                "inventory_engine TO <the login that migrates>;"
            );
        }
    }
    const auto installed = is_installed(connection);
    if (!installed) {
        return installed.error();
    }
    if (*installed) {
        return {};
    }
    if (auto created = connection.exec(kCreateTables); !created) {
        return with_hint(
            created.error(),
            "The login that migrates needs CREATE on the database (GRANT CREATE ON DATABASE <name> "
            "TO <login>), and a schema "
            "inventory that exists already must belong to inventory_owner."
        );
    }
    return {};
}

}  // namespace stockd::migrate
