#pragma once

#include "migrate/embedded.hpp"
#include "migrate/plan.hpp"
#include "pg/connection.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

/// Brings a database's schema `inventory` to the state of the SQL files that this program carries
/// (db/), and says whether a database is in it. Blocking; one thread per connection. Needs no
/// superuser: a login with CREATEROLE and CREATE on the database.
namespace stockd::migrate {

/// The schema is one that this program works with.
struct SchemaState {
    int number = 0;                     ///< newest migration of the database
    std::vector<std::string> warnings;  ///< newer, but compatible
};

/// Reads only. Errors: kSchemaMismatch with the command that mends it (not installed, older,
/// edited, newer and breaking); kPermissionDenied; kUnavailable.
[[nodiscard]] base::Result<SchemaState> check(
    pg::Connection& connection, const SchemaFiles& files = embedded_schema()
);

/// The same for what was read elsewhere. Pure.
[[nodiscard]] base::Result<SchemaState> judge(
    const Applied& applied, const SchemaFiles& files = embedded_schema()
);

struct Options {
    std::chrono::milliseconds lock_timeout{60'000};  ///< for the migration lock
    std::chrono::milliseconds table_lock_timeout{
        10'000};  ///< for a table that a file changes: writers queue behind us
    /// Called before each file with its path below db/.
    std::function<void(const std::string& path)> on_file = [](const std::string&) {};
};

struct Report {
    std::vector<std::string> applied;  ///< paths below db/, in order
    std::vector<std::string> warnings;
    int number = 0;
};

/// What run() would do. Changes nothing, needs no privilege beyond reading. Plan points into
/// `files`.
[[nodiscard]] base::Result<Plan> plan(
    pg::Connection& connection, const SchemaFiles& files = embedded_schema()
);

/// Applies what is missing, each file in a transaction of its own, under MigrationLock. A failure
/// leaves every file whole or absent; its message names file, line and statement.
[[nodiscard]] base::Result<Report> run(
    pg::Connection& connection, const Options& options, const SchemaFiles& files = embedded_schema()
);

}  // namespace stockd::migrate
