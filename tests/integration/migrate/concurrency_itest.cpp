#include "harness.hpp"
#include "migrate/bookkeeping.hpp"
#include "migrate/lock.hpp"
#include "migrate/migrate.hpp"

#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace stockd::test {

namespace {

constexpr std::size_t kAtOnce = 20;
constexpr std::size_t kDatabases = 6;

std::string failures_of(const std::vector<base::Result<migrate::Report>>& reports) {
    std::string out;
    for (const auto& report : reports) {
        out += report ? "" : base::describe(report.error()) + "\n";
    }
    return out;
}

/// One run per connection, all at once.
std::vector<base::Result<migrate::Report>> run_all(
    std::vector<pg::Connection>& connections, const migrate::SchemaFiles& files
) {
    std::vector<base::Result<migrate::Report>> reports(connections.size(), base::Error{});
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < connections.size(); ++i) {
        threads.emplace_back([&, i] {
            go.wait(false);
            reports[i] = run(connections[i], files);
        });
    }
    go = true;
    go.notify_all();
    for (auto& thread : threads) {
        thread.join();
    }
    return reports;
}

void drop_roles(pg::Connection& superuser) {
    for (const auto* role :
         {"inventory_owner",
          "inventory_engine",
          "inventory_reader",
          "inventory_writer",
          "inventory_daemon",
          "inventory_admin"}) {
        // Fails where another database still uses it, which is as good.
        (void)superuser.exec(std::string("drop role if exists ") + role);
    }
}

}  // namespace

TEST_CASE(
    "migrate: of twenty at once one installs and the others find nothing to do", "[migrate]"
) {
    const FreshDatabase database;
    std::vector<pg::Connection> connections;
    connections.reserve(kAtOnce);
    for (std::size_t i = 0; i < kAtOnce; ++i) {
        connections.push_back(database.as_migrator());
    }
    const auto reports = run_all(connections, migrate::embedded_schema());
    CHECK(failures_of(reports).empty());
    int installers = 0;
    for (const auto& report : reports) {
        installers += report && !report->applied.empty() ? 1 : 0;
    }
    CHECK(installers == 1);
    CHECK(migrate::check(connections.front()).has_value());
}

TEST_CASE(
    "migrate: two databases of one cluster may make the roles at the same time", "[migrate]"
) {
    std::vector<std::unique_ptr<FreshDatabase>> databases;
    std::vector<pg::Connection> connections;
    connections.reserve(kDatabases);
    for (std::size_t i = 0; i < kDatabases; ++i) {
        databases.push_back(std::make_unique<FreshDatabase>());
        connections.push_back(databases.back()->as_migrator());
    }
    auto superuser = databases.front()->as_superuser();
    drop_roles(superuser);
    CHECK(failures_of(run_all(connections, parse(small_sources()))).empty());
}

TEST_CASE("migrate: a role that another database makes at this moment is no failure", "[migrate]") {
    const FreshDatabase database;
    auto other = database.as_superuser();
    drop_roles(other);
    execute(other, "begin");
    execute(other, "create role inventory_owner nologin");
    auto migrator = database.as_migrator();
    const auto pid = query(migrator, "select pg_backend_pid()::text");
    std::optional<base::Result<migrate::Report>> report;
    std::thread thread([&] { report.emplace(run(migrator, parse(small_sources()))); });
    auto observer = database.as_superuser();
    wait_until(
        observer,
        "select exists (select from pg_stat_activity where pid = " + pid +
            " and wait_event_type = 'Lock')"
    );
    execute(other, "commit");
    thread.join();
    REQUIRE(report.has_value());
    CHECK(report->has_value());
}

TEST_CASE("migrate: the roles alone come with their memberships", "[migrate]") {
    const FreshDatabase database;
    auto migrator = database.as_migrator();
    REQUIRE(migrate::ensure_roles(migrator).has_value());
    // As a cluster is into which a dump is to be restored: it brings neither roles nor memberships.
    auto superuser = database.as_superuser();
    execute(superuser, "revoke inventory_reader from inventory_writer, inventory_daemon");
    execute(superuser, "revoke inventory_writer, inventory_daemon from inventory_admin");
    REQUIRE(migrate::ensure_roles(migrator).has_value());
    CHECK(
        query(
            superuser,
            "select (pg_has_role('inventory_admin', 'inventory_writer', 'member') and "
            "pg_has_role('inventory_admin', 'inventory_daemon', 'member') and "
            "pg_has_role('inventory_writer', 'inventory_reader', 'member') and "
            "pg_has_role('inventory_daemon', 'inventory_reader', 'member'))::text"
        ) == "true"
    );
}

TEST_CASE("migrate: whoever waits in vain is told who holds the lock", "[migrate]") {
    const FreshDatabase database;
    auto holder = database.as_migrator();
    const auto lock = migrate::MigrationLock::acquire(holder, std::chrono::steady_clock::now());
    REQUIRE(lock.has_value());
    auto other = database.as_migrator();
    migrate::Options options;
    options.lock_timeout = std::chrono::milliseconds(0);
    const auto report = migrate::run(other, options, parse(small_sources()));
    REQUIRE(report.has_error());
    CHECK(report.error().code == base::ErrorCode::kTimeout);
    CHECK(
        report.error().detail.find(
            "held by process " + query(holder, "select pg_backend_pid()::text")
        ) != std::string::npos
    );
    CHECK(report.error().detail.find(kMigrator) != std::string::npos);
}

TEST_CASE("migrate: a waiter holds no snapshot", "[migrate]") {
    const FreshDatabase database;
    auto holder = database.as_migrator();
    auto lock =
        std::make_optional(migrate::MigrationLock::acquire(holder, std::chrono::steady_clock::now())
        );
    auto superuser = database.as_superuser();
    auto waiter = database.as_migrator();
    const auto waiter_pid = query(waiter, "select pg_backend_pid()::text");
    std::thread thread([&] { (void)run(waiter, parse(small_sources())); });
    // It has asked for the lock, and is idle outside of a transaction between its tries.
    wait_until(
        superuser,
        "select exists (select from pg_stat_activity where pid = " + waiter_pid +
            " and query like '%pg_try_advisory_lock%' and state = 'idle' and backend_xmin is null "
            "and xact_start is null)"
    );
    lock.reset();
    thread.join();
    CHECK(query(waiter, "select count(*)::text from inventory.schema_migration") == "2");
}

TEST_CASE("migrate: a backend killed half way leaves whole files and a free lock", "[migrate]") {
    const FreshDatabase database;
    auto sources = small_sources();
    // The second file stops in the middle, where the test holds a lock.
    sources[1].body =
        "-- breaking: no\ncreate table inventory.b (id int);\nselect "
        "pg_advisory_lock(4711);\ncreate table inventory.c (id int);";
    auto gate = database.as_superuser();
    execute(gate, "select pg_advisory_lock(4711)");
    auto victim = database.as_migrator();
    const auto pid = query(victim, "select pg_backend_pid()::text");
    std::optional<base::Result<migrate::Report>> report;
    std::thread thread([&] { report.emplace(run(victim, parse(sources))); });
    wait_until(
        gate,
        "select exists (select from pg_stat_activity where pid = " + pid +
            " and wait_event_type = 'Lock')"
    );
    // As hard as it gets: the server takes every session down and recovers.
    const auto backend = static_cast<pid_t>(std::stol(pid));
    const bool crashes = kill(backend, SIGKILL) == 0;
    if (!crashes) {
        (void)gate.exec("select pg_terminate_backend(" + pid + ")");
    }
    thread.join();
    REQUIRE(report.has_value());
    CHECK(report->has_error());

    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    // Until the crash has reached the others too: who connects before that is taken down with them.
    while (crashes && gate.exec("select 1") && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    std::optional<pg::Connection> again;
    while (!again && std::chrono::steady_clock::now() < deadline) {
        auto connection = pg::Connection::connect(
            "dbname=" + database.name() + " user=" + kMigrator, "migrate_itest"
        );
        if (connection) {
            again.emplace(std::move(*connection));
        }
        std::this_thread::yield();
    }
    REQUIRE(again.has_value());
    CHECK(
        query(*again, "select string_agg(number::text, ',') from inventory.schema_migration") == "1"
    );
    CHECK(query(*again, "select (to_regclass('inventory.b') is null)::text") == "true");
    const auto rerun = run(*again, parse(small_sources()));
    REQUIRE(rerun.has_value());
    CHECK(rerun->applied.front() == "migrations/0002_create_b.sql");
}

}  // namespace stockd::test
