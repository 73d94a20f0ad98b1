#include "cli/commands.hpp"
#include "cli/operation.hpp"
#include "cli/operation_lines.hpp"
#include "cli/output.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

namespace stockd::cli {

namespace {

struct QueueOptions {
    std::string store;
    std::string transaction;
    std::string status;
    std::string reason;
    std::string actor;
    std::string key;
    std::vector<std::string> lines;
    std::int64_t limit = 500;
    bool is_dry_run = false;
};

// Those that wait for somebody, unless another status is asked for; the oldest sale first.
constexpr const char* kFrom = R"(
    from inventory.offline_transaction_queue as q
    join inventory.stores as t on t.store_id = q.store_id
    where ($1::text is null or t.code = $1)
        and q.status = any (case when $2::text is null then array['pending', 'insufficient_stock'] else array[$2] end)
    order by q.occurred_at, q.queue_id
    limit $3::bigint)";

int run_list(const Globals& globals, const QueueOptions& options) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    const std::string columns =
        globals.json
            ? R"(select coalesce(jsonb_agg(to_jsonb(l)), '[]') from (
                select t.code as store, q.transaction_id, q.status, q.device, q.device_sequence, q.cause, q.reference, q.party, q.actor,
                    q.occurred_at, q.queued_at, q.lines, q.errors)"
            : R"(select to_char(q.occurred_at, 'YYYY-MM-DD HH24:MI:SS'), t.code, q.transaction_id, q.status, q.device, q.actor,
                coalesce(jsonb_path_query_array(q.errors, '$[*].message') #>> '{}', ''))";
    const auto rows = connection->exec(
        columns + kFrom + (globals.json ? ") as l" : ""),
        {given(options.store), given(options.status), std::to_string(options.limit)}
    );
    if (!rows) {
        return fail(globals, rows.error());
    }
    if (globals.json) {
        print_out(std::string(rows->text(0, 0)) + "\n");
        return kExitOk;
    }
    Table table(
        {{"SOLD"},
         {"STORE"},
         {"TRANSACTION"},
         {"STATUS"},
         {"TILL"},
         {"WHO"},
         {"WHAT STANDS IN THE WAY"}}
    );
    add_rows(table, *rows);
    print_out(table.render());
    return kExitOk;
}

int run_sync(const Globals& globals, const QueueOptions& options) {
    return run_operation(
        globals,
        {"sync_all_pending",
         {{"store", options.store},
          {"actor", given(options.actor)},
          {"limit", std::to_string(options.limit)}},
         options.is_dry_run}
    );
}

int run_decision(const Globals& globals, const QueueOptions& options, const char* function) {
    OperationCall call{
        function,
        {{"transaction_id", options.transaction},
         {"store", options.store},
         {"actor", given(options.actor)},
         {"reason", given(options.reason)},
         {"idempotency_key", options.key.empty() ? random_key() : options.key}},
        options.is_dry_run};
    if (!options.lines.empty()) {
        auto lines = lines_json(options.lines, LineForm{.money = "price"});
        if (!lines) {
            return fail(globals, lines.error());
        }
        call.arguments.emplace_back("lines", std::move(*lines));
    }
    return run_operation(globals, call);
}

CLI::App* add_dry_run(CLI::App* sub, QueueOptions& options) {
    sub->fallthrough();
    sub->add_option("--actor", options.actor, "Who; left out: the login")->type_name("TEXT");
    sub->add_flag("--dry-run", options.is_dry_run, "Show what would happen, and change nothing");
    return sub;
}

}  // namespace

void add_queue(Registration& to) {
    auto options = std::make_shared<QueueOptions>();
    auto* sub = add_subcommand(
        to,
        "queue",
        "Decide about what tills sold while they were offline",
        "  stockctl queue list                                what waits, in all stores\n"
        "  stockctl queue list LONDON\n"
        "  stockctl queue sync LONDON                         deduct what is pending; stockd does "
        "it every minute\n"
        "  stockctl queue approve till3-000486 LONDON         as it was queued\n"
        "  stockctl queue approve till3-000487 LONDON MUG=2 --reason counted\n"
        "  stockctl queue reject till3-000488 LONDON --reason 'rung up twice'\n",
        {"1    refused, with everything that stands in the way; nothing was changed"}
    );
    sub->require_subcommand(1);

    auto* list = sub->add_subcommand("list", "Show what waits for somebody, the oldest sale first");
    list->fallthrough();
    list->add_option("STORE,--store", options->store, "Only this store")->type_name("CODE");
    list->add_option(
            "--status", options->status, "Only this; left out: pending and insufficient_stock"
    )
        ->check(CLI::IsMember({"pending", "insufficient_stock", "synced", "approved", "rejected"}))
        ->type_name("STATUS");
    list->add_option("--limit", options->limit, "At most so many")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
        ->capture_default_str()
        ->type_name("N");
    list->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_list(globals, *options); };
    });

    auto* sync = add_dry_run(
        sub->add_subcommand("sync", "Deduct what is pending, in the order of the sales"), *options
    );
    sync->add_option("STORE", options->store, "The store's code")->required()->type_name("");
    sync->add_option("--limit", options->limit, "At most so many")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str()
        ->type_name("N");
    sync->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_sync(globals, *options); };
    });

    struct Decision {
        const char* name;
        const char* function;
        const char* help;
    };

    for (const auto& decision :
         {Decision{
              "approve", "approve_transaction", "Deduct it, as it was queued or with other lines"},
          Decision{"reject", "reject_transaction", "Do not deduct it, for good"}}) {
        auto* one = add_dry_run(sub->add_subcommand(decision.name, decision.help), *options);
        one->add_option("TRANSACTION", options->transaction, "The till's id of the sale")
            ->required()
            ->type_name("");
        one->add_option("STORE", options->store, "The store's code")->required()->type_name("");
        if (decision.name == std::string_view("approve")) {
            one->add_option(
                   "LINE",
                   options->lines,
                   line_syntax(LineForm{.money = "price"}) + " instead of what was queued"
            )
                ->type_name("");
        }
        one->add_option("--reason", options->reason, "Why, in words")->type_name("TEXT");
        one->add_option(
               "--key",
               options->key,
               "Names this request: repeated under the same key it is done once"
        )
            ->type_name("TEXT");
        one->callback([options,
                       function = decision.function,
                       &globals = to.globals,
                       &selected = to.selected] {
            selected = [options, function, &globals] {
                return run_decision(globals, *options, function);
            };
        });
    }
}

}  // namespace stockd::cli
