#include "harness.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace stockd::test {

namespace {

pg::Connection connect(const std::string& conninfo) {
    auto connection = pg::Connection::connect(conninfo, "migrate_itest");
    if (!connection) {
        FAIL(base::describe(connection.error()));
    }
    return std::move(*connection);
}

}  // namespace

FreshDatabase::FreshDatabase() {
    static std::atomic<int> next{1};
    name_ = "migrate_" + std::to_string(getpid()) + "_" + std::to_string(next++);
    auto server = connect("");
    execute(
        server,
        std::string("do $$ begin if not exists (select from pg_roles where rolname = '") +
            kMigrator + "') then create role " + kMigrator + " login createrole; end if; end $$"
    );
    execute(server, "create database " + name_);
    execute(server, "grant create on database " + name_ + " to " + kMigrator);
}

FreshDatabase::~FreshDatabase() {
    auto server = pg::Connection::connect("", "migrate_itest");
    if (server) {
        (void)server->exec("drop database if exists " + name_ + " with (force)");
    }
}

pg::Connection FreshDatabase::as_migrator() const {
    return as_login(kMigrator);
}

pg::Connection FreshDatabase::as_superuser() const {
    return connect("dbname=" + name_);
}

pg::Connection FreshDatabase::as_login(const std::string& login) const {
    return connect("dbname=" + name_ + " user=" + login);
}

std::string query(pg::Connection& connection, const std::string& sql) {
    const auto rows = connection.exec(sql);
    if (!rows) {
        FAIL(base::describe(rows.error()));
    }
    return rows->size() == 0 ? std::string{} : std::string(rows->text(0, 0));
}

void execute(pg::Connection& connection, const std::string& sql) {
    (void)query(connection, sql);
}

void wait_until(pg::Connection& connection, const std::string& sql) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (query(connection, sql) != "t") {
        if (std::chrono::steady_clock::now() > deadline) {
            FAIL("in vain: " + sql);
        }
        std::this_thread::yield();
    }
}

std::vector<migrate::SourceFile> small_sources() {
    return {
        {"migrations/0001_create_a.sql",
         "c1",
         "-- breaking: no\ncreate table inventory.a (id int);"},
        {"migrations/0002_create_b.sql",
         "c2",
         "-- breaking: no\ncreate table inventory.b (id int);"},
        {"functions/f.sql",
         "f1",
         "create or replace function inventory.f() returns int language sql as 'select 1';"},
        {"grants.sql",
         "g1",
         "grant usage on schema inventory to inventory_reader;\n"
         "grant select on inventory.schema_migration, inventory.schema_repeatable to "
         "inventory_reader;"}};
}

migrate::SchemaFiles parse(
    const std::vector<migrate::SourceFile>& sources, const std::string& version
) {
    auto files = migrate::parse_schema(sources, version);
    if (!files) {
        FAIL(base::describe(files.error()));
    }
    return std::move(*files);
}

base::Result<migrate::Report> run(pg::Connection& connection, const migrate::SchemaFiles& files) {
    migrate::Options options;
    options.lock_timeout = std::chrono::seconds(30);
    options.table_lock_timeout = std::chrono::seconds(2);
    return migrate::run(connection, options, files);
}

std::string fingerprint(pg::Connection& connection) {
    return query(connection, R"(
select coalesce(string_agg(line, E'\n' order by line collate "C"), '') from (
    select format('%s %s %s %s', 'relation', c.relname, r.rolname, c.relacl) as line
    from pg_class as c join pg_roles as r on r.oid = c.relowner where c.relnamespace = to_regnamespace('inventory')
    union all
    select format('function %s %s %s %s', p.oid::regprocedure, r.rolname, p.proacl, md5(p.prosrc))
    from pg_proc as p join pg_roles as r on r.oid = p.proowner where p.pronamespace = to_regnamespace('inventory')
    union all
    select format('schema %s %s', r.rolname, n.nspacl) from pg_namespace as n join pg_roles as r on r.oid = n.nspowner where n.nspname = 'inventory'
    union all
    select format('role %s', rolname) from pg_roles where rolname like 'inventory%'
) as l
)");
}

}  // namespace stockd::test
