#include "cli/bench.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "migrate/migrate.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include <cstdio>
#include <memory>

namespace stockd::cli {

namespace {

namespace json = boost::json;

json::value to_json(const std::optional<Percentiles>& percentiles) {
    if (!percentiles) {
        return nullptr;
    }
    return json::object{
        {"count", percentiles->count},
        {"p50Us", percentiles->p50.count()},
        {"p95Us", percentiles->p95.count()},
        {"p99Us", percentiles->p99.count()},
        {"maxUs", percentiles->max.count()},
    };
}

double rate_of(const LoadResult& result) {
    return result.seconds > 0 ? static_cast<double>(result.updates) / result.seconds : 0;
}

void print(const Globals& globals, const LoadOptions& options, const LoadResult& result) {
    if (globals.json) {
        print_out(
            json_text(json::object{
                {"updates", result.updates},
                {"connections", options.connections},
                {"rows", options.rows},
                {"seconds", result.seconds},
                {"updatesPerSecond", rate_of(result)},
                {"commit", to_json(result.commit)},
                {"notifiedIdle", to_json(result.notified_idle)},
                {"notifiedUnderLoad", to_json(result.notified_under_load)},
                {"missed", result.missed},
            }) +
            "\n"
        );
        return;
    }
    char rate[32];
    (void)std::snprintf(rate, sizeof rate, "%.0f", rate_of(result));
    std::string out = "updates            " + std::to_string(result.updates) + " of " +
                      std::to_string(options.rows) + " rows by " +
                      std::to_string(options.connections) + " connections: " + rate +
                      " per second\n";
    out += "commit             " + describe(result.commit) + "\n";
    if (result.notified_idle && result.notified_under_load) {
        out += "told when quiet    " + describe(*result.notified_idle) + "\n";
        out += "told under load    " + describe(*result.notified_under_load) + "\n";
        out +=
            result.missed == 0 ? "" : "not told in time   " + std::to_string(result.missed) + "\n";
    } else {
        out += "told               not measured: no stockd relays changes of this database\n";
    }
    print_out(out);
}

int run_bench(const Globals& globals, const LoadOptions& options) {
    const auto info = conninfo(globals);
    if (!info) {
        return fail(globals, info.error());
    }
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    if (const auto schema = migrate::check(*connection); !schema) {
        return fail(globals, schema.error());
    }
    catch_interrupts();
    const auto stock = BenchStock::make(*connection, options.rows);
    if (!stock) {
        return fail(globals, stock.error());
    }
    const auto result = run_load(*info, *stock, options);
    const auto removed = stock->remove(*connection);
    if (!removed) {
        return fail(globals, removed.error());
    }
    if (!*removed && !globals.quiet) {
        print_err("The bench's store and products cannot be deleted: they were deactivated.\n");
    }
    if (!result) {
        return fail(globals, result.error());
    }
    print(globals, options, *result);
    if (is_interrupted()) {
        return kExitInterrupted;
    }
    return result->missed == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void add_bench(Registration& to) {
    auto options = std::make_shared<LoadOptions>();
    auto* sub = add_subcommand(
        to,
        "bench",
        "Measure a small load on a store of its own",
        "  stockctl bench\n"
        "  stockctl bench --updates 100000 --connections 32 --rows 1000\n"
        "\n"
        "Makes a store and products called stockctl-bench, updates their stock one row at a time "
        "by plain SQL, and removes them;\n"
        "real stock is not touched, but the server is busy meanwhile, and the movements stay in "
        "the ledger. \"Told\" is the\n"
        "time from a commit until NOTIFY inventory_changes tells of it.\n",
        {"1    failed, or of a commit nobody told within 5 s",
         "12   the schema is not this program's",
         "130  interrupted; what was made is removed"}
    );
    sub->add_option("--updates", options->updates, "How many updates in all")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}))
        ->capture_default_str();
    sub->add_option("--connections", options->connections, "How many connections at once")
        ->check(CLI::Range(1U, 500U))
        ->capture_default_str();
    sub->add_option("--rows", options->rows, "How many stock rows they share")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000}))
        ->capture_default_str();
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_bench(globals, *options); };
    });
}

}  // namespace stockd::cli
