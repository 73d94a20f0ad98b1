#pragma once

#include "base/result.hpp"
#include "pg/connection.hpp"

#include <functional>
#include <string>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming): the library's name.
namespace CLI {
class App;
}

/// What a command of stockctl is made of. One thread.
namespace stockd::cli {

/// Exit codes that base::exit_code() does not give; docs/reference/exit-codes.md is the contract.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitPartial = 3;
inline constexpr int kExitDaemonUnreachable = 10;
inline constexpr int kExitOtherDatabase = 13;
inline constexpr int kExitInterrupted = 130;

/// Options that every command understands, before or after its name.
struct Globals {
    std::string database;  ///< -d: a name, a URL or key=value; else STOCKD_DATABASE_URL, else
                           ///< libpq's environment
    std::string host;
    std::string port;
    std::string user;
    std::string server = "http://127.0.0.1:8080";  ///< stockd's HTTP address
    bool json = false;   ///< one JSON document (or one per line for streams) on stdout
    bool quiet = false;  ///< no talk on stderr but errors
};

/// Handed to each add_<command>().
struct Registration {
    CLI::App& app;
    const Globals& globals;
    /// The chosen command leaves here what is to be run after parsing; it returns the exit code.
    std::function<int()>& selected;
};

/// Adds one subcommand to the parser:
///     auto options = std::make_shared<Options>();
///     auto* sub = add_subcommand(to, "get", "Show products", "Examples: ...");
///     sub->add_option("sku", options->skus);
///     sub->callback([=, &to...] { selected = [options, &globals] { return run_get(globals,
///     *options); }; });
using AddCommand = void (*)(Registration&);

/// In the order of the help text.
[[nodiscard]] const std::vector<AddCommand>& command_table();

/// A subcommand with the family's manners: global options anywhere, `footer` (examples) followed by
/// EXIT STATUS. `exit_status` lists this command's own lines, e.g. "3  some lines were rejected".
[[nodiscard]] CLI::App* add_subcommand(
    Registration& to,
    const std::string& name,
    const std::string& description,
    const std::string& examples,
    const std::vector<std::string>& exit_status = {}
);

/// Connects as the options, STOCKD_DATABASE_URL and psql's environment say.
[[nodiscard]] base::Result<pg::Connection> connect(const Globals& globals);
/// A failed connect's error, with where the database is taken from.
[[nodiscard]] base::Error with_database_hint(base::Error error);
/// The same as a connection string for libpq. Errors: kInvalidArgument, without secrets.
[[nodiscard]] base::Result<std::string> conninfo(const Globals& globals);

/// Prints the error to stderr (as JSON with --json) and returns its exit code.
int fail(const Globals& globals, const base::Error& error);
/// The same with another exit code (daemon unreachable).
int fail(const Globals& globals, const base::Error& error, int exit_code);

}  // namespace stockd::cli
