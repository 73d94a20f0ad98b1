#include "migrate/lock.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace stockd::migrate {

namespace {

// Chosen: short against the time of one file, long against a round trip.
constexpr std::chrono::milliseconds kPollInterval{50};

std::string describe_holder(pg::Connection& connection) {
    const auto rows = connection.exec(
        "select a.pid::text, coalesce(a.usename, '?'), coalesce(nullif(a.application_name, ''), "
        "'?'), "
        "coalesce(host(a.client_addr), 'local'), coalesce(a.state, '?'), a.backend_start::text "
        "from pg_catalog.pg_locks as l join pg_catalog.pg_stat_activity as a on a.pid = l.pid "
        "where l.locktype = 'advisory' and l.granted and l.objsubid = 1 "
        "and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = "
        "current_database()) "
        "and ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint",
        {MigrationLock::kKey}
    );
    if (!rows || rows->size() == 0) {
        return "Its holder has just ended or cannot be seen.";
    }
    const auto text = [&](int column) { return std::string(rows->text(0, column)); };
    return "It is held by process " + text(0) + " (user " + text(1) + ", program " + text(2) +
           ", from " + text(3) + ", " + text(4) + ", connected since " + text(5) + ").";
}

}  // namespace

base::Result<MigrationLock> MigrationLock::acquire(
    pg::Connection& connection, base::SteadyTime deadline
) {
    while (true) {
        const auto rows =
            connection.exec("select pg_catalog.pg_try_advisory_lock($1::bigint)", {kKey});
        if (!rows) {
            return rows.error();
        }
        if (rows->boolean(0, 0)) {
            return MigrationLock{&connection};
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            return base::Error{
                base::ErrorCode::kTimeout,
                "another program is migrating this database",
                describe_holder(connection),
                "Wait for it, raise --timeout, or end that process with pg_terminate_backend.",
                {}};
        }
        std::this_thread::sleep_for(kPollInterval);
    }
}

MigrationLock::~MigrationLock() {
    if (connection_ != nullptr && connection_->is_alive()) {
        (void)connection_->exec("select pg_catalog.pg_advisory_unlock($1::bigint)", {kKey});
    }
}

}  // namespace stockd::migrate
