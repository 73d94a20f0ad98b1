#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace stockd::cli {

namespace {

struct HistoryOptions {
    std::string sku;
    std::string store;
    std::string since;
    std::string until;
    std::int64_t limit = 50;
};

constexpr const char* kSql = R"(
select
    to_char(h.recorded_at, 'YYYY-MM-DD HH24:MI:SS'), h.version, h.kind, h.on_hand_delta, h.reserved_delta, h.on_hand, h.reserved,
    h.available, h.actor, concat_ws('; ', h.document_kind || ' ' || h.document_id, h.reference, h.party, h.reason)
from inventory.stock_history($1, $2, $3::timestamptz, $4::timestamptz, $5::bigint) as h)";

constexpr const char* kJsonSql = R"(
select coalesce(jsonb_agg(h), '[]')
from inventory.stock_history($1, $2, $3::timestamptz, $4::timestamptz, $5::bigint) as h)";

int run_history(const Globals& globals, const HistoryOptions& options) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    const auto rows = connection->exec(
        globals.json ? kJsonSql : kSql,
        {options.sku,
         options.store,
         given(options.since),
         given(options.until),
         std::to_string(options.limit)}
    );
    if (!rows) {
        return fail(globals, rows.error());
    }
    if (globals.json) {
        print_out(std::string(rows->text(0, 0)) + "\n");
        return kExitOk;
    }
    Table table(
        {{"RECORDED"},
         {"VERSION", Align::kRight},
         {"KIND"},
         {"CHANGE", Align::kRight},
         {"RESERVED", Align::kRight},
         {"ON HAND", Align::kRight},
         {"RESERVED", Align::kRight},
         {"AVAILABLE", Align::kRight},
         {"WHO"},
         {"WHY"}}
    );
    add_rows(table, *rows);
    print_out(table.render());
    return kExitOk;
}

}  // namespace

void add_history(Registration& to) {
    auto options = std::make_shared<HistoryOptions>();
    auto* sub = add_subcommand(
        to,
        "history",
        "Show why the stock of a product is what it is: its last movements, in order",
        "  stockctl history MUG LONDON\n"
        "  stockctl history MUG LONDON --since 2027-01-01 --limit 1000\n"
    );
    sub->add_option("SKU", options->sku, "The product")->required()->type_name("");
    sub->add_option("STORE", options->store, "The store's code")->required()->type_name("");
    sub->add_option("--since", options->since, "Recorded from this time on")->type_name("TIME");
    sub->add_option("--until", options->until, "Recorded before this time")->type_name("TIME");
    sub->add_option("--limit", options->limit, "The last so many")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
        ->capture_default_str()
        ->type_name("N");
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_history(globals, *options); };
    });
}

}  // namespace stockd::cli
