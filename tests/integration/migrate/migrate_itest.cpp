#include "harness.hpp"
#include "migrate/bookkeeping.hpp"
#include "migrate/migrate.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace stockd;
using namespace stockd::test;

namespace {

const std::string kRows = "select count(*)::text from inventory.schema_migration";
const std::string kHasB = "select (to_regclass('inventory.b') is not null)::text";

void require_run(pg::Connection& connection, const migrate::SchemaFiles& files) {
    const auto report = run(connection, files);
    if (!report) {
        FAIL(base::describe(report.error()));
    }
}

base::Error require_refusal(const base::Result<migrate::Report>& report) {
    REQUIRE(report.has_error());
    return report.error();
}

}  // namespace

TEST_CASE("migrate: what is made does not depend on the settings of who makes it", "[migrate]") {
    const FreshDatabase plain;
    const FreshDatabase odd;
    auto superuser = odd.as_superuser();
    for (const auto* setting :
         {"standard_conforming_strings = off",
          "datestyle = 'SQL, DMY'",
          "intervalstyle = iso_8601",
          "timezone = 'Asia/Kolkata'",
          "default_tablespace = pg_global",
          "array_nulls = off"}) {
        execute(superuser, "alter database " + odd.name() + " set " + setting);
    }
    auto plain_migrator = plain.as_migrator();
    auto odd_migrator = odd.as_migrator();
    require_run(plain_migrator, migrate::embedded_schema());
    require_run(odd_migrator, migrate::embedded_schema());
    auto plain_reader = plain.as_superuser();
    auto odd_reader = odd.as_superuser();
    CHECK(fingerprint(plain_reader) == fingerprint(odd_reader));
    const std::string search = "select pg_get_functiondef('inventory.search_text'::regproc)";
    CHECK(query(plain_reader, search) == query(odd_reader, search));
}

TEST_CASE(
    "migrate: a login with CREATEROLE and CREATE installs the whole schema, and no more",
    "[migrate]"
) {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    require_run(migrator, migrate::embedded_schema());
    auto superuser = database.as_superuser();
    CHECK(
        query(
            superuser,
            std::string("select rolsuper::text from pg_roles where rolname = '") + kMigrator + "'"
        ) == "false"
    );
    CHECK(
        query(
            superuser,
            "select r.rolname::text from pg_namespace n join pg_roles r on r.oid = n.nspowner "
            "where nspname = 'inventory'"
        ) == "inventory_owner"
    );
    // Tables are the owner's; what runs with more rights than its caller is the engine's; nothing
    // is the migrator's.
    CHECK(
        query(
            superuser,
            "select count(*)::text from pg_class where relnamespace = 'inventory'::regnamespace "
            "and relowner <> 'inventory_owner'::regrole and relkind in ('r', 'p', 'v', 'm', 'S')"
        ) == "0"
    );
    CHECK(
        query(
            superuser,
            "select count(*)::text from pg_proc where pronamespace = 'inventory'::regnamespace and "
            "proowner not in ('inventory_engine'::regrole, 'inventory_owner'::regrole)"
        ) == "0"
    );
    CHECK(
        query(superuser, "select count(*)::text from pg_extension where extname <> 'plpgsql'") ==
        "0"
    );
    CHECK(migrate::check(migrator).has_value());
}

TEST_CASE(
    "migrate: the engine may create objects only while a file of its own is applied", "[migrate]"
) {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    require_run(migrator, parse(small_sources()));
    auto superuser = database.as_superuser();
    CHECK(
        query(
            superuser,
            "select has_schema_privilege('inventory_engine', 'inventory', 'create')::text"
        ) == "false"
    );
    CHECK(
        query(
            superuser, "select has_schema_privilege('inventory_engine', 'inventory', 'usage')::text"
        ) == "true"
    );
    CHECK(
        query(superuser, "select proowner::regrole::text from pg_proc where proname = 'f'") ==
        "inventory_engine"
    );
}

TEST_CASE("migrate: a second run finds nothing to do", "[migrate]") {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    require_run(migrator, migrate::embedded_schema());
    auto superuser = database.as_superuser();
    const auto before = fingerprint(superuser);
    const auto applied_at =
        query(superuser, "select max(applied_at)::text from inventory.schema_repeatable");
    const auto again = run(migrator, migrate::embedded_schema());
    REQUIRE(again.has_value());
    CHECK(again->applied.empty());
    CHECK(fingerprint(superuser) == before);
    CHECK(
        query(superuser, "select max(applied_at)::text from inventory.schema_repeatable") ==
        applied_at
    );
}

TEST_CASE("migrate: applying every repeatable file again changes nothing", "[migrate]") {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    require_run(migrator, migrate::embedded_schema());
    auto superuser = database.as_superuser();
    const auto before = fingerprint(superuser);
    execute(superuser, "update inventory.schema_repeatable set checksum = 'old'");
    require_run(migrator, migrate::embedded_schema());
    CHECK(fingerprint(superuser) == before);
}

TEST_CASE("migrate: making a plan changes nothing", "[migrate]") {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    auto superuser = database.as_superuser();
    const auto before = fingerprint(superuser);
    const auto files = parse(small_sources());
    const auto plan = migrate::plan(migrator, files);
    REQUIRE(plan.has_value());
    CHECK(plan->migrations.size() == 2);
    CHECK(plan->repeatables.size() == 2);
    CHECK(fingerprint(superuser) == before);
    CHECK(query(superuser, "select (to_regnamespace('inventory') is null)::text") == "true");
}

TEST_CASE(
    "migrate: a file that fails leaves nothing behind and names file, line and statement",
    "[migrate]"
) {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    auto sources = small_sources();
    sources[1].body =
        "-- breaking: no\ncreate table inventory.b (id int);\n\ninsert into inventory.b\nvalues "
        "(1), (nonsense);";
    const auto error = require_refusal(run(migrator, parse(sources)));
    CHECK(
        error.message.find("db/migrations/0002_create_b.sql:5: column \"nonsense\" does not exist"
        ) == 0
    );
    CHECK(
        error.detail.find("Statement: insert into inventory.b values (1), (nonsense)") !=
        std::string::npos
    );
    CHECK(error.sqlstate == "42703");
    CHECK(query(migrator, kRows) == "1");
    CHECK(query(migrator, kHasB) == "false");

    // The mended file goes on from there.
    require_run(migrator, parse(small_sources()));
    CHECK(query(migrator, kHasB) == "true");
}

TEST_CASE("migrate: a failure without a position names the line of its statement", "[migrate]") {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    auto sources = small_sources();
    sources[1].body =
        "-- breaking: no\n\nselect 1;\ndo $$ begin raise exception 'no' using hint = 'why'; end "
        "$$;";
    const auto error = require_refusal(run(migrator, parse(sources)));
    CHECK(error.message == "db/migrations/0002_create_b.sql:4: no");
    CHECK(error.hint == "why");
}

TEST_CASE("migrate: a failed repeatable file keeps its old version", "[migrate]") {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    require_run(migrator, parse(small_sources()));
    auto sources = small_sources();
    sources[2] = {
        "functions/f.sql",
        "f2",
        "create or replace function inventory.f() returns int language sql as 'select 2'; select "
        "broken;"};
    CHECK(
        require_refusal(run(migrator, parse(sources))).message.find("db/functions/f.sql:1:") == 0
    );
    CHECK(query(migrator, "select inventory.f()::text") == "1");
    CHECK(
        query(
            migrator,
            "select checksum from inventory.schema_repeatable where path = 'functions/f.sql'"
        ) == "f1"
    );
}

TEST_CASE(
    "migrate: an edited file, a gap and a newer breaking schema are refused and change nothing",
    "[migrate]"
) {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    require_run(migrator, parse(small_sources()));
    auto superuser = database.as_superuser();
    const auto files = parse(small_sources());
    SECTION("edited") {
        auto sources = small_sources();
        sources[0].checksum = "edited";
        const auto error = require_refusal(run(migrator, parse(sources)));
        CHECK(error.code == base::ErrorCode::kSchemaMismatch);
        CHECK(error.hint.find("db/migrations/0001_create_a.sql") != std::string::npos);
    }
    SECTION("gap") {
        execute(superuser, "delete from inventory.schema_migration where number = 1");
        CHECK(
            require_refusal(run(migrator, files)).message ==
            "migration 0001_create_a was never applied, but 2 was"
        );
    }
    SECTION("newer and breaking") {
        execute(
            superuser,
            "insert into inventory.schema_migration (number, name, checksum, is_breaking, "
            "program_version) values (3, '0003_x', 'c', true, '2.0.0')"
        );
        CHECK(require_refusal(run(migrator, files)).hint == "Install version 2.0.0 or later.");
        CHECK(migrate::check(migrator, files).has_error());
    }
    SECTION("newer and compatible") {
        execute(
            superuser,
            "insert into inventory.schema_migration (number, name, checksum, is_breaking, "
            "program_version) values (3, '0003_x', 'c', false, '2.0.0')"
        );
        execute(
            superuser,
            "update inventory.schema_repeatable set checksum = 'newer', program_version = '2.0.0'"
        );
        const auto report = run(migrator, files);
        REQUIRE(report.has_value());
        CHECK(report->applied.empty());
        CHECK(report->warnings.size() == 1);
        const auto state = migrate::check(migrator, files);
        REQUIRE(state.has_value());
        CHECK(state->number == 3);
        CHECK(state->warnings.size() == 1);
    }
}

TEST_CASE(
    "migrate: check tells a program what the database lacks and which command mends it", "[migrate]"
) {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    const auto files = parse(small_sources());
    const auto absent = migrate::check(migrator, files);
    REQUIRE(absent.has_error());
    CHECK(absent.error().code == base::ErrorCode::kSchemaMismatch);
    CHECK(absent.error().hint.find("stockctl migrate") != std::string::npos);
    require_run(migrator, files);
    CHECK(migrate::check(migrator, files).has_value());

    auto sources = small_sources();
    sources.insert(
        sources.begin() + 2, {"migrations/0003_c.sql", "c3", "-- breaking: no\nselect 1;"}
    );
    const auto newer_program = parse(sources);
    const auto older = migrate::check(migrator, newer_program);
    REQUIRE(older.has_error());
    CHECK(
        older.error().message.find("it has migration 2, and version 1.0.0 needs 3") !=
        std::string::npos
    );

    sources = small_sources();
    sources[2].checksum = "f2";
    CHECK(migrate::check(migrator, parse(sources)).has_error());
}

TEST_CASE(
    "migrate: a reader of the schema may check it, a stranger is told what to grant", "[migrate]"
) {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    const auto files = parse(small_sources());
    require_run(migrator, files);
    auto superuser = database.as_superuser();
    execute(superuser, "drop role if exists test_reader");
    execute(superuser, "create role test_reader login");
    auto reader = database.as_login("test_reader");
    const auto refused = migrate::check(reader, files);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == base::ErrorCode::kPermissionDenied);
    CHECK(refused.error().hint.find("GRANT inventory_reader") != std::string::npos);
    execute(superuser, "grant inventory_reader to test_reader");
    CHECK(migrate::check(reader, files).has_value());
}

TEST_CASE("migrate: a login without the rights is told what it needs", "[migrate]") {
    const FreshDatabase database;
    auto superuser = database.as_superuser();
    execute(superuser, "drop role if exists test_nobody");
    execute(superuser, "create role test_nobody login");
    auto nobody = database.as_login("test_nobody");
    const auto error = require_refusal(run(nobody, parse(small_sources())));
    CHECK(error.code == base::ErrorCode::kPermissionDenied);
    CHECK_FALSE(error.hint.empty());
    CHECK(query(superuser, "select (to_regnamespace('inventory') is null)::text") == "true");
}

TEST_CASE("migrate: a migrator that does not inherit its roles still migrates", "[migrate]") {
    const FreshDatabase database;
    auto superuser = database.as_superuser();
    execute(superuser, "drop role if exists test_noinherit");
    execute(superuser, "create role test_noinherit login createrole noinherit");
    execute(superuser, "grant create on database " + database.name() + " to test_noinherit");
    auto migrator = database.as_login("test_noinherit");
    require_run(migrator, parse(small_sources()));
    const auto again = run(migrator, parse(small_sources()));
    REQUIRE(again.has_value());
    CHECK(again->applied.empty());
}

TEST_CASE(
    "migrate: a table that others hold fails the file instead of queueing everybody behind it",
    "[migrate]"
) {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    require_run(migrator, parse(small_sources()));
    auto reader = database.as_superuser();
    execute(reader, "begin");
    execute(reader, "select * from inventory.a");
    auto sources = small_sources();
    sources.insert(
        sources.begin() + 2,
        {"migrations/0003_c.sql",
         "c3",
         "-- breaking: no\nalter table inventory.a add column n int;"}
    );
    migrate::Options options;
    options.table_lock_timeout = std::chrono::milliseconds(100);
    const auto error = require_refusal(migrate::run(migrator, options, parse(sources)));
    CHECK(error.sqlstate == "55P03");
    CHECK(error.hint.find("Another session holds a lock") == 0);
    execute(reader, "rollback");
    require_run(migrator, parse(sources));
}
