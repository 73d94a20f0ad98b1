#include "change/position.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/verify.hpp"
#include "migrate/migrate.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <optional>

namespace stockd::cli {

namespace {

namespace json = boost::json;

struct VerifyOptions {
    bool no_cache = false;
    std::size_t limit = 100;
    double timeout_s = 10;
    std::string admin;
};

struct Checked {
    LedgerCounts ledger;
    std::optional<std::size_t> cached_rows;  ///< none: the copy was not compared
    std::size_t moving_rows = 0;  ///< of these, changed meanwhile and looked up in the ledger
};

/// `is_whole`: everything was compared that was to be.
int print(
    const Globals& globals, const Checked& checked, const Differences& differences, bool is_whole
) {
    if (globals.json) {
        json::array listed;
        for (const auto& difference : differences.listed()) {
            listed.push_back(json::object{
                {"check", difference.check},
                {"storeId", difference.store},
                {"productId", difference.sku},
                {"expected", difference.expected},
                {"found", difference.found},
            });
        }
        print_out(
            json::serialize(json::object{
                {"ok", is_whole && differences.count() == 0},
                {"stockRows", checked.ledger.stock_rows},
                {"movements", checked.ledger.movements},
                {"cachedRows",
                 checked.cached_rows ? json::value(*checked.cached_rows) : json::value(nullptr)},
                {"changedMeanwhile", checked.moving_rows},
                {"differenceCount", differences.count()},
                {"differences", std::move(listed)},
            }) +
            "\n"
        );
        return differences.count() == 0 ? kExitOk : kExitFailed;
    }
    if (differences.count() != 0) {
        Table table({{"CHECK"}, {"STORE"}, {"SKU"}, {"EXPECTED"}, {"FOUND"}});
        for (const auto& difference : differences.listed()) {
            table.add({
                difference.check,
                printable(difference.store),
                printable(difference.sku),
                difference.expected,
                difference.found,
            });
        }
        print_out(table.render());
    }
    std::string summary = std::to_string(checked.ledger.movements) + " movements and " +
                          std::to_string(checked.ledger.stock_rows) + " stock rows compared";
    summary += checked.cached_rows
                   ? ", and " + std::to_string(*checked.cached_rows) + " cached rows"
                   : "; stockd's copy was not";
    const auto hidden =
        differences.count() - static_cast<std::int64_t>(differences.listed().size());
    summary += differences.count() == 0
                   ? ": all equal."
                   : ": " + std::to_string(differences.count()) +
                         (differences.count() == 1 ? " difference" : " differences");
    summary += hidden > 0 ? " (" + std::to_string(hidden) + " not listed; see --limit)" : "";
    print_err(globals.quiet ? "" : summary + "\n");
    return differences.count() == 0 ? kExitOk : kExitFailed;
}

/// Errors of the database keep their exit code; those of stockd get its own.
struct Failure {
    base::Error error;
    int exit_code;
};

std::optional<Failure> verify_copy(
    pg::Connection& connection,
    const Globals& globals,
    const VerifyOptions& options,
    Checked& checked,
    Differences& differences
) {
    const auto of_database = [](const base::Error& error) {
        return Failure{error, base::exit_code(error.code)};
    };
    const auto of_daemon = [](const base::Error& error) {
        return Failure{error, daemon_exit_code(error)};
    };
    auto daemon = Daemon::at(globals.server);
    if (!daemon) {
        return of_daemon(daemon.error());
    }
    const auto incarnation = connection.exec("select inventory.position()");
    if (!incarnation) {
        return of_database(incarnation.error());
    }
    const auto report =
        ask_admin(options.admin.empty() ? admin_server_beside(globals.server) : options.admin);
    if (!report) {
        return of_daemon(report.error());
    }
    if (const auto position = change::parse_position(incarnation->text(0, 0))) {
        if (auto other = follows_another(*report, position->incarnation, globals.server)) {
            return Failure{std::move(*other), kExitOtherDatabase};
        }
    }
    const auto before = read_tables(connection);
    if (!before) {
        return of_database(before.error());
    }
    const auto cached =
        read_cache(*daemon, before->ticket, static_cast<std::int64_t>(options.timeout_s * 1000));
    if (!cached) {
        return of_daemon(cached.error());
    }
    const auto after = read_tables(connection);
    if (!after) {
        return of_database(after.error());
    }
    const auto moving = compare(before->rows, *cached, after->rows, differences);
    if (auto done = verify_moving(connection, moving, differences); !done) {
        return of_database(done.error());
    }
    checked.cached_rows = cached->size();
    checked.moving_rows = moving.size();
    return std::nullopt;
}

int run_verify(const Globals& globals, const VerifyOptions& options) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    if (const auto schema = migrate::check(*connection); !schema) {
        return fail(globals, schema.error());
    }
    Differences differences(options.limit);
    Checked checked;
    const auto counts = verify_ledger(*connection, differences);
    if (!counts) {
        return fail(globals, counts.error());
    }
    checked.ledger = *counts;
    if (!options.no_cache) {
        if (const auto failure = verify_copy(*connection, globals, options, checked, differences)) {
            (void)print(globals, checked, differences, false);
            return fail(globals, failure->error, failure->exit_code);
        }
    }
    return print(globals, checked, differences, true);
}

}  // namespace

void add_verify(Registration& to) {
    auto options = std::make_shared<VerifyOptions>();
    auto* sub = add_subcommand(
        to,
        "verify",
        "Compare the ledger, the stock rows and stockd's copy",
        "  stockctl verify && echo exact\n"
        "  stockctl verify --no-cache            only what the database holds\n"
        "  stockctl verify --json | jq .differences\n"
        "\n"
        "In one snapshot of the database: versions are dense, each balance follows from the one "
        "before, and the last movement\n"
        "is the stock row. stockd's copy is then read and compared with the tables before and "
        "after, so that it may run\n"
        "while stock is changing: a row that changed meanwhile is compared with the ledger at the "
        "copy's version.\n"
        "\n"
        "What inventory.repair() settled is no difference any more.\n"
        "\n"
        "  version   a movement is missing, or there twice\n"
        "  balance   a movement's balance does not follow from the one before\n"
        "  stock     a stock row is not what its last movement says\n"
        "  cache     stockd shows something else than the tables\n",
        {"1    there are differences, or failed",
         "10   stockd cannot be reached (--no-cache leaves it out)",
         "12   the schema is not this program's",
         "13   stockd follows another database, so that nothing can be compared with its copy"}
    );
    sub->add_option(
           "--admin-server",
           options->admin,
           "Address of stockd's admin port; by default the port after that of --server. It tells "
           "which database stockd follows"
    )
        ->envname("STOCKCTL_ADMIN_SERVER")
        ->type_name("URL");
    sub->add_flag("--no-cache", options->no_cache, "Leave stockd's copy out");
    sub->add_option("--limit", options->limit, "List at most this many differences")
        ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000}))
        ->capture_default_str();
    sub->add_option(
           "--timeout",
           options->timeout_s,
           "Seconds to wait until stockd has read what the database holds"
    )
        ->check(CLI::Range(0.0, 30.0))
        ->capture_default_str();
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_verify(globals, *options); };
    });
}

}  // namespace stockd::cli
