#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <thread>

namespace stockd::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long a refresh waits for another session that is folding: a rebuild of a large shop.
constexpr std::chrono::minutes kWaitForOthers{2};
constexpr milliseconds kLookAgain{200};

constexpr const char* kStatusJson =
    "select coalesce(jsonb_agg(to_jsonb(f) order by f.relation), '[]') from "
    "inventory.view_freshness as f";

constexpr const char* kStatus = R"(
select f.relation, coalesce(f.position, '-'), coalesce(round(extract(epoch from f.age)::numeric, 3)::text || ' s', 'not folded yet'),
    coalesce(f.rows_waiting::text, '-'), coalesce(to_char(f.last_fold, 'YYYY-MM-DD HH24:MI:SS'), '-'),
    coalesce(round(extract(epoch from f.last_fold_duration)::numeric * 1000, 1)::text || ' ms', '-'),
    coalesce(to_char(f.last_rebuild, 'YYYY-MM-DD HH24:MI:SS'), '-'), coalesce(f.last_rebuild_reason, '-')
from inventory.view_freshness as f
order by f.relation)";

constexpr const char* kRefresh =
    "select f.rows_folded::text, f.events_written::text, jsonb_build_object('rowsFolded', "
    "f.rows_folded, 'eventsWritten', f.events_written) from inventory.fold_views(true) as f";
constexpr const char* kAnalytics = "select inventory.fold_analytics()";

int run_status(const Globals& globals) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    const auto rows = connection->exec(globals.json ? kStatusJson : kStatus, {});
    if (!rows) {
        return fail(globals, rows.error());
    }
    if (globals.json) {
        print_out(std::string(rows->text(0, 0)) + "\n");
        return kExitOk;
    }
    Table table(
        {{"RELATION"},
         {"POSITION"},
         {"AGE", Align::kRight},
         {"WAITING", Align::kRight},
         {"LAST FOLD"},
         {"TOOK", Align::kRight},
         {"LAST REBUILD"},
         {"WHY"}}
    );
    add_rows(table, *rows);
    print_out(table.render());
    return kExitOk;
}

int run_refresh(const Globals& globals) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    const auto until = steady_clock::now() + kWaitForOthers;
    bool told = false;
    for (;;) {
        const auto rows = connection->exec(kRefresh, {});
        if (!rows) {
            return fail(globals, rows.error());
        }
        if (rows->is_null(0, 0)) {
            if (steady_clock::now() >= until) {
                return fail(
                    globals,
                    {base::ErrorCode::kTimeout,
                     "another session has been folding the views for two minutes",
                     {},
                     "Look for it in pg_stat_activity; it holds the row of inventory.fold_state.",
                     {}}
                );
            }
            if (!told && !globals.quiet) {
                print_err("Waiting for another session that is folding the views ...\n");
            }
            told = true;
            std::this_thread::sleep_for(kLookAgain);
            continue;
        }
        const auto analytics = connection->exec(kAnalytics, {});
        if (!analytics) {
            return fail(globals, analytics.error());
        }
        if (globals.json) {
            print_out(std::string(rows->text(0, 2)) + "\n");
        } else {
            print_out(
                "Rebuilt: " + std::string(rows->text(0, 0)) +
                " stock rows were not as the views had them, " + std::string(rows->text(0, 1)) +
                " low-stock events.\n"
            );
        }
        return kExitOk;
    }
}

}  // namespace

void add_views(Registration& to) {
    auto* sub = add_subcommand(
        to,
        "views",
        "Show how fresh the summary views are, or rebuild them",
        "  stockctl views status      position, age and what waits, per view\n"
        "  stockctl views refresh     compare every stock row with the views and set right what "
        "differs; nobody waits for it\n"
    );
    sub->require_subcommand(1);
    auto* status = sub->add_subcommand("status", "Show how fresh each view is");
    status->fallthrough();
    status->callback([&globals = to.globals, &selected = to.selected] {
        selected = [&globals] { return run_status(globals); };
    });
    auto* refresh = sub->add_subcommand("refresh", "Rebuild the views now");
    refresh->fallthrough();
    refresh->callback([&globals = to.globals, &selected = to.selected] {
        selected = [&globals] { return run_refresh(globals); };
    });
}

}  // namespace stockd::cli
