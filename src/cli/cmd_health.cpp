#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/rows.hpp"
#include "importer/codes.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace stockd::cli {

namespace {

// One statement, so that all stores are looked at as of one moment. A store that is unknown raises.
constexpr const char* kHealthJson = R"(
select coalesce(jsonb_agg(inventory.run_health_check(t.code) order by t.code), '[]')
from unnest(coalesce($1::text[], array(select s.code from inventory.stores as s where s.active))) as t (code))";

constexpr const char* kHealth = R"(
select h.answer ->> 'store', c.one ->> 'status', c.one ->> 'name', c.one ->> 'message', c.one ->> 'threshold'
from (
    select inventory.run_health_check(t.code) as answer
    from unnest(coalesce($1::text[], array(select s.code from inventory.stores as s where s.active))) as t (code)
) as h
cross join lateral jsonb_array_elements(h.answer -> 'checks') with ordinality as c (one, place)
order by h.answer ->> 'store', c.place)";

constexpr const char* kMetricsJson =
    "select jsonb_build_object('deductions', inventory.get_deduction_metrics($1), 'queue', "
    "inventory.get_queue_metrics($1))";

/// Every figure with the names of the objects that it stands in: "deductions.last_24h.failed".
constexpr const char* kMetrics = R"(
with recursive figures (path, value) as (
    select m.key, m.value
    from jsonb_each(jsonb_build_object('deductions', inventory.get_deduction_metrics($1), 'queue', inventory.get_queue_metrics($1))) as m
    union all
    select f.path || '.' || m.key, m.value
    from figures as f
    cross join lateral jsonb_each(case jsonb_typeof(f.value) when 'object' then f.value else '{}' end) as m
)
select f.path, coalesce(f.value #>> '{}', '-')
from figures as f
where jsonb_typeof(f.value) <> 'object' and f.path !~ '\.(store|as_of)$'
order by f.path)";

/// Null: every store.
pg::Param array_of(const std::vector<std::string>& codes) {
    return codes.empty() ? pg::Param{} : importer::text_array({codes.begin(), codes.end()});
}

base::Result<pg::Rows> ask(const Globals& globals, const char* sql, const pg::Param& param) {
    auto connection = connect(globals);
    if (!connection) {
        return connection.error();
    }
    return connection->exec(sql, {param});
}

int run_health(const Globals& globals, const std::vector<std::string>& stores) {
    const auto rows = ask(globals, globals.json ? kHealthJson : kHealth, array_of(stores));
    if (!rows) {
        return fail(globals, rows.error());
    }
    if (globals.json) {
        const std::string text(rows->text(0, 0));
        print_out(text + "\n");
        // As jsonb writes it. A message cannot hold it: its quotes would be escaped.
        return text.find(R"("status": "critical")") == std::string::npos ? kExitOk : kExitFailed;
    }
    Table table({{"STORE"}, {"STATUS"}, {"CHECK"}, {"WHAT WAS FOUND"}, {"THRESHOLD"}});
    bool is_critical = false;
    for (int row = 0; row < rows->size(); ++row) {
        is_critical = is_critical || rows->text(row, 1) == "critical";
        table.add(
            {printable(rows->text(row, 0)),
             printable(rows->text(row, 1)),
             printable(rows->text(row, 2)),
             printable(rows->text(row, 3)),
             printable(rows->text(row, 4))}
        );
    }
    print_out(table.render());
    return is_critical ? kExitFailed : kExitOk;
}

int run_metrics(const Globals& globals, const std::string& store) {
    const auto rows = ask(globals, globals.json ? kMetricsJson : kMetrics, store);
    if (!rows) {
        return fail(globals, rows.error());
    }
    if (globals.json) {
        print_out(std::string(rows->text(0, 0)) + "\n");
        return kExitOk;
    }
    Table table({{"FIGURE"}, {"VALUE", Align::kRight}});
    add_rows(table, *rows);
    print_out(table.render());
    return kExitOk;
}

}  // namespace

void add_health(Registration& to) {
    auto stores = std::make_shared<std::vector<std::string>>();
    auto* sub = add_subcommand(
        to,
        "health",
        "Check whether the stock of stores can be relied on",
        "  stockctl health                every active store\n"
        "  stockctl health LONDON PARIS\n",
        {"1    something is critical, or failed"}
    );
    sub->add_option("STORE", *stores, "Only these stores")->type_name("");
    sub->callback([stores, &globals = to.globals, &selected = to.selected] {
        selected = [stores, &globals] { return run_health(globals, *stores); };
    });
}

void add_metrics(Registration& to) {
    auto store = std::make_shared<std::string>();
    auto* sub = add_subcommand(
        to,
        "metrics",
        "Show how deductions and the offline queue of a store are doing",
        "  stockctl metrics LONDON\n"
        "  stockctl metrics LONDON --json | jq .deductions.last_24h.failure_rate\n"
    );
    sub->add_option("STORE", *store, "The store's code")->required()->type_name("");
    sub->callback([store, &globals = to.globals, &selected = to.selected] {
        selected = [store, &globals] { return run_metrics(globals, *store); };
    });
}

}  // namespace stockd::cli
