#include "migrate/migrate.hpp"

#include "migrate/bookkeeping.hpp"
#include "migrate/lock.hpp"

#include <algorithm>
#include <string>

namespace stockd::migrate {

namespace {

constexpr const char* kMigrateHint =
    "Run: stockctl migrate (it shows what it would do with --dry-run).";

int line_of_failure(const Statement& statement, const PGresult* result) {
    const char* position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    if (position == nullptr) {
        return statement.line;
    }
    // The position counts characters from 1; counting bytes that begin a character finds it in
    // UTF-8.
    long characters = std::strtol(position, nullptr, 10);
    int line = statement.line;
    for (const char c : statement.sql) {
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U && --characters <= 0) {
            break;
        }
        line += c == '\n' ? 1 : 0;
    }
    return line;
}

base::Error failure_in_file(
    const std::string& path, const Statement& statement, const PGresult* result, PGconn* connection
) {
    auto error = pg::error_of(result, connection);
    error.message = "db/" + path + ":" + std::to_string(line_of_failure(statement, result)) + ": " +
                    error.message;
    error.detail += (error.detail.empty() ? "" : " ");
    error.detail += "Statement: " + abbreviate(statement.sql);
    if (error.sqlstate == "55P03") {
        error.hint =
            "Another session holds a lock on what this file changes; end its transaction and run "
            "again.";
    }
    return error;
}

/// One file in one transaction.
class FileRun {
  public:
    FileRun(pg::Connection& connection, const Options& options)
        : connection_(connection),
          options_(options) {}

    base::Result<void> apply(
        const std::string& path,
        const std::vector<Section>& sections,
        const std::string& record,
        const std::vector<pg::Param>& record_values
    ) {
        auto transaction = pg::Transaction::begin(connection_);
        if (!transaction) {
            return transaction.error();
        }
        // First, so that two programs at one file meet at its row and not half way through it.
        for (const auto& [sql, values] : {
                 std::pair{std::string("set local role inventory_owner"), std::vector<pg::Param>{}},
                 {record, record_values},
                 {settings(), {}},
             }) {
            if (auto done =
                    values.empty() ? connection_.exec_script(sql) : connection_.exec(sql, values);
                !done) {
                return done.error();
            }
        }
        for (const auto& section : sections) {
            if (auto done = run_section(path, section); !done) {
                return done.error();
            }
        }
        return transaction->commit();
    }

  private:
    [[nodiscard]] std::string settings() const {
        // What a literal means must not depend on who applies it.
        return "set local search_path = inventory, pg_temp; set local client_min_messages = "
               "warning; set local standard_conforming_strings = on; "
               "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = "
               "0; "
               "set local check_function_bodies = on; set local lock_timeout = " +
               std::to_string(options_.table_lock_timeout.count());
    }

    base::Result<void> run_section(const std::string& path, const Section& section) {
        const bool is_engine = section.role == kEngineRole;
        if (is_engine) {
            // The engine owns functions, but may make them only here: a SECURITY DEFINER hole would
            // otherwise be lasting.
            if (auto done = as_owner("grant create on schema inventory to inventory_engine");
                !done) {
                return done.error();
            }
        }
        const auto role = section.role == kInstallerRole ? std::string("none") : section.role;
        if (auto done = connection_.exec("set local role " + role); !done) {
            return done.error();
        }
        for (const auto& statement : section.statements) {
            const pg::Rows rows{PQexecParams(
                connection_.get(),
                statement.sql.c_str(),
                0,
                nullptr,
                nullptr,
                nullptr,
                nullptr,
                /*resultFormat=*/0
            )};
            const auto status = PQresultStatus(rows.get());
            if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
                return failure_in_file(path, statement, rows.get(), connection_.get());
            }
        }
        if (is_engine) {
            return as_owner("revoke create on schema inventory from inventory_engine");
        }
        return {};
    }

    base::Result<void> as_owner(const std::string& sql) {
        if (auto done = connection_.exec_script("set local role inventory_owner; " + sql); !done) {
            return done.error();
        }
        return {};
    }

    pg::Connection& connection_;
    const Options& options_;
};

base::Result<void> apply_migration(
    FileRun& run, const Migration& file, const std::string& version
) {
    return run.apply(
        file.path,
        file.sections,
        "insert into inventory.schema_migration (number, name, checksum, is_breaking, "
        "program_version) "
        "values ($1::integer, $2, $3, $4::boolean, $5)",
        {std::to_string(file.number),
         file.name,
         file.checksum,
         file.is_breaking ? "true" : "false",
         version}
    );
}

base::Result<void> apply_repeatable(
    FileRun& run, const Repeatable& file, const std::string& version
) {
    return run.apply(
        file.path,
        file.sections,
        "insert into inventory.schema_repeatable (path, checksum, program_version) values ($1, $2, "
        "$3) "
        "on conflict (path) do update set checksum = excluded.checksum, program_version = "
        "excluded.program_version, "
        "applied_by = session_user, applied_at = pg_catalog.clock_timestamp()",
        {file.path, file.checksum, version}
    );
}

/// A login that does not inherit its roles' rights reads as the owner.
base::Result<Applied> read_as_migrator(pg::Connection& connection) {
    auto applied = read_applied(connection);
    if (applied || applied.error().code != base::ErrorCode::kPermissionDenied) {
        return applied;
    }
    auto transaction = pg::Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    if (!connection.exec("set local role inventory_owner")) {
        return applied.error();
    }
    return read_applied(connection);
}

/// The schema has characters that other encodings lack, and SQL_ASCII checks none.
base::Result<void> check_encoding(pg::Connection& connection) {
    const auto found = connection.exec("select pg_catalog.current_setting('server_encoding')", {});
    if (!found) {
        return found.error();
    }
    const std::string encoding{found->text(0, 0)};
    if (encoding != "UTF8") {
        return base::Error{
            base::ErrorCode::kSchemaMismatch,
            "the database's encoding is " + encoding + ", and stockd needs UTF8",
            {},
            "Make another: create database ... encoding 'UTF8' template template0",
            {}};
    }
    return {};
}

}  // namespace

base::Result<Plan> plan(pg::Connection& connection, const SchemaFiles& files) {
    if (auto done = check_encoding(connection); !done) {
        return done.error();
    }
    const auto applied = read_as_migrator(connection);
    if (!applied) {
        return applied.error();
    }
    return make_plan(files, *applied);
}

base::Result<SchemaState> check(pg::Connection& connection, const SchemaFiles& files) {
    const auto applied = read_applied(connection);
    if (!applied) {
        return applied.error();
    }
    return judge(*applied, files);
}

base::Result<SchemaState> judge(const Applied& applied, const SchemaFiles& files) {
    if (!applied.is_installed || applied.migrations.empty()) {
        return base::Error{
            base::ErrorCode::kSchemaMismatch,
            "the database has no schema inventory",
            {},
            kMigrateHint,
            {}};
    }
    const auto left = make_plan(files, applied);
    if (!left) {
        return left.error();
    }
    if (!left->empty()) {
        const auto& first = left->migrations.empty() ? left->repeatables.front()->path
                                                     : left->migrations.front()->path;
        return base::Error{
            base::ErrorCode::kSchemaMismatch,
            "the database's schema is older than this program: it has migration " +
                std::to_string(applied.newest()) + ", and version " + files.program_version +
                " needs " + std::to_string(files.newest()),
            std::to_string(left->migrations.size() + left->repeatables.size()) +
                " files are to be applied, from db/" + first + ".",
            kMigrateHint,
            {}};
    }
    return SchemaState{applied.newest(), left->warnings};
}

base::Result<Report> run(
    pg::Connection& connection, const Options& options, const SchemaFiles& files
) {
    const auto lock =
        MigrationLock::acquire(connection, std::chrono::steady_clock::now() + options.lock_timeout);
    if (!lock) {
        return lock.error();
    }
    const auto todo = plan(connection, files);
    if (!todo) {
        return todo.error();
    }
    Report report;
    report.warnings = todo->warnings;
    if (!todo->empty()) {
        if (auto ready = bootstrap(connection); !ready) {
            return ready.error();
        }
    }
    FileRun file_run(connection, options);
    const auto step = [&](const std::string& path, const base::Result<void>& done) {
        if (done) {
            report.applied.push_back(path);
        }
        return done;
    };
    for (const auto* file : todo->migrations) {
        options.on_file(file->path);
        if (auto done = step(file->path, apply_migration(file_run, *file, files.program_version));
            !done) {
            return done.error();
        }
    }
    for (const auto* file : todo->repeatables) {
        options.on_file(file->path);
        if (auto done = step(file->path, apply_repeatable(file_run, *file, files.program_version));
            !done) {
            return done.error();
        }
    }
    report.number = files.newest();
    return report;
}

}  // namespace stockd::migrate
