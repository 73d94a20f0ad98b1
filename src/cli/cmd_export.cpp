#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/rows.hpp"
#include "pg/copy_out.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace stockd::cli {

namespace {

struct ExportOptions {
    std::string at;
    std::string store;
    std::string output;
};

/// COPY takes no parameters, so what the user gave is bound to settings of the session, which the
/// queries below read.
constexpr const char* kSetSql =
    "select set_config('stockctl.store', $1, false), set_config('stockctl.at', "
    "coalesce($2::timestamptz::text, ''), false)";

constexpr const char* kStockNow = R"(
select
    t.code as store, p.sku, p.name, s.on_hand, s.reserved, s.available, s.low_stock_threshold, s.version,
    s.updated_at as last_updated
from inventory.inventory_stock as s
join inventory.stores as t on t.store_id = s.store_id
join inventory.products as p on p.product_id = s.product_id
where current_setting('stockctl.store') in ('', t.code)
order by t.code, p.sku)";

constexpr const char* kStockAt = R"(
select a.store_code as store, a.sku, a.on_hand, a.reserved, a.available, a.version, a.recorded_at as last_updated
from inventory.stock_at(
    current_setting('stockctl.at')::timestamptz, nullif(current_setting('stockctl.store'), '')
) as a)";

constexpr const char* kLedger = R"(
select
    l.movement_id, t.code as store, p.sku, l.kind, l.on_hand_delta, l.reserved_delta, l.on_hand_after, l.reserved_after, l.version,
    l.reason, l.reference, l.document_id, l.actor, l.correlation_id, l.occurred_at, l.recorded_at
from inventory.stock_ledger as l
left join inventory.stores as t on t.store_id = l.store_id
left join inventory.products as p on p.product_id = l.product_id
where current_setting('stockctl.store') in ('', t.code)
    and l.recorded_at < coalesce(nullif(current_setting('stockctl.at'), '')::timestamptz, 'infinity')
order by l.movement_id)";

constexpr const char* kValuation = R"(
select v.store_code as store, v.sku, v.lot, v.received, v.expires_on, v.quantity, v.unit_cost, v.value, v.currency
from inventory.stock_valuation(
    nullif(current_setting('stockctl.at'), '')::timestamptz, nullif(current_setting('stockctl.store'), '')
) as v)";

base::Error io_error(const std::string& path) {
    return {base::ErrorCode::kIo, "cannot write " + path + ": " + std::strerror(errno), {}, {}, {}};
}

std::string copy_sql(const char* query, bool is_json) {
    const std::string text{query};
    // JSON has no control characters, so that nothing in it is quoted or doubled, and its numbers
    // are PostgreSQL's.
    return is_json ? "copy (select row_to_json(e) from (" + text +
                         ") as e) to stdout with (format csv, quote e'\\x01', delimiter e'\\x02')"
                   : "copy (" + text + ") to stdout with (format csv, header)";
}

/// Row by row, so that a ledger of any length passes through. How many there are.
base::Result<std::int64_t> copy_out(
    pg::Connection& connection, const char* query, bool is_json, std::FILE* out
) {
    bool is_written = true;
    const auto lines =
        pg::copy_out(connection, copy_sql(query, is_json), [&](std::string_view row) {
            is_written = std::fwrite(row.data(), 1, row.size(), out) == row.size();
            return is_written;
        });
    if (!is_written) {
        return io_error("the output");
    }
    return lines && !is_json ? base::Result<std::int64_t>{*lines - 1} : lines;
}

int run_export(const Globals& globals, const ExportOptions& options, const char* query) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    if (auto set = connection->exec(kSetSql, {options.store, given(options.at)}); !set) {
        return fail(globals, set.error());
    }
    if (!options.store.empty()) {
        const auto known = connection->exec(
            "select from inventory.stores as s where s.code = $1", {options.store}
        );
        if (!known || known->size() == 0) {
            return fail(
                globals,
                known ? base::Error{base::ErrorCode::kNotFound,
                                    "no store has the code \"" + printable(options.store) + "\"",
                                    {},
                                    {},
                                    {}}
                      : known.error()
            );
        }
    }
    // A file appears whole or not at all.
    const auto part = options.output + ".part";
    std::FILE* const out = options.output.empty() ? stdout : std::fopen(part.c_str(), "wb");
    if (out == nullptr) {
        return fail(globals, io_error(part));
    }
    auto lines = copy_out(*connection, query, globals.json, out);
    const bool is_closed = (out == stdout ? std::fflush(out) : std::fclose(out)) == 0;
    if (lines && !is_closed) {
        lines = io_error(options.output.empty() ? "the output" : part);
    }
    if (lines && !options.output.empty() &&
        std::rename(part.c_str(), options.output.c_str()) != 0) {
        lines = io_error(options.output);
    }
    if (!lines) {
        if (!options.output.empty()) {
            (void)std::remove(part.c_str());
        }
        return fail(globals, lines.error());
    }
    if (!globals.quiet && !options.output.empty()) {
        print_err(std::to_string(*lines) + " lines written to " + options.output + "\n");
    }
    return kExitOk;
}

struct Target {
    const char* name;
    const char* help;
    const char* at_help;
    const char* query;
    const char* query_at;
};

constexpr Target kTargets[] = {
    {"stock",
     "A line per store and product",
     "As it was recorded at this time; left out: now",
     kStockNow,
     kStockAt},
    {"ledger",
     "A line per movement, in the order of recording",
     "What was recorded before this time; left out: everything",
     kLedger,
     kLedger},
    {"valuation",
     "A line per store, product and lot: what it is worth",
     "As it was recorded at this time; left out: now",
     kValuation,
     kValuation},
};

}  // namespace

void add_export(Registration& to) {
    auto* sub = add_subcommand(
        to,
        "export",
        "Write stock, the ledger or what stock is worth as CSV, or a JSON object per line",
        "  stockctl export stock > stock.csv\n"
        "  stockctl export stock --at '2027-01-31 18:00+00' --store LONDON -o january.csv\n"
        "  stockctl export ledger -o ledger.csv\n"
        "  stockctl export ledger --json | jq -c 'select(.kind == \"sale\")'\n"
        "  stockctl export valuation --at '2027-01-31 18:00+00' -o worth.csv\n",
        {"1    failed; a file that was to be written is not there"}
    );
    sub->require_subcommand(1);
    for (const auto& target : kTargets) {
        auto options = std::make_shared<ExportOptions>();
        auto* kind = sub->add_subcommand(target.name, target.help);
        kind->fallthrough();
        kind->add_option("--at", options->at, target.at_help)->type_name("TIME");
        kind->add_option("--store", options->store, "Only this store")->type_name("CODE");
        kind->add_option("-o,--output", options->output, "Into this file, whole or not at all")
            ->type_name("FILE");
        kind->callback([options, &target, &globals = to.globals, &selected = to.selected] {
            const char* const query = options->at.empty() ? target.query : target.query_at;
            selected = [options, query, &globals] { return run_export(globals, *options, query); };
        });
    }
}

}  // namespace stockd::cli
