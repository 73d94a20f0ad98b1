#include "cli/commands.hpp"
#include "cli/database_products.hpp"
#include "cli/feed.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/watch_view.hpp"
#include "migrate/migrate.hpp"

#include <CLI/CLI.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <set>

namespace stockd::cli {

namespace {

struct WatchOptions {
    std::vector<std::string> skus;
    std::string store;
    bool plain = false;
    std::int64_t count = 0;  ///< 0: no end
};

constexpr const char* kRelayExists = R"(
select exists (
    select from pg_locks as l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select d.oid from pg_database as d where d.datname = current_database())
        and (l.classid::bigint << 32) | l.objid::bigint = inventory.relay_lock()
)
)";

struct Size {
    std::size_t lines = 24;
    std::size_t columns = 80;
};

Size terminal_size() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        return {};
    }
    return {size.ws_row, size.ws_col};
}

/// Shows the feed, one way or the other.
class Watch {
  public:
    Watch(const Globals& globals, const WatchOptions& options)
        : globals_(globals),
          options_(options),
          skus_(options.skus.begin(), options.skus.end()),
          is_table_(!options.plain && !globals.json && isatty(STDOUT_FILENO) == 1) {}

    /// The current stock of the asked products, and whether anybody will ring.
    base::Result<void> start(pg::Connection& connection) {
        const auto relay = connection.exec(kRelayExists);
        if (!relay) {
            return relay.error();
        }
        if (!relay->boolean(0, 0)) {
            talk("No stockd relays changes of this database: they are shown as soon as one runs.");
        }
        const auto products = read_products(connection, options_.skus, options_.store);
        if (!products) {
            return products.error();
        }
        for (const auto& sku : products->unknown) {
            talk("Unknown product \"" + printable(sku) + "\": shown as soon as it exists.");
        }
        table_.clear();
        show_now(products->known);
        talk(
            options_.skus.empty() ? "Watching every change; Ctrl-C ends." : "Watching; Ctrl-C ends."
        );
        return {};
    }

    void show(const std::vector<FeedRow>& rows) {
        for (const auto& row : rows) {
            const bool is_wanted = (skus_.empty() || skus_.contains(row.sku)) &&
                                   (options_.store.empty() || row.store == options_.store);
            if (!is_wanted || is_done()) {
                continue;
            }
            ++shown_;
            if (is_table_) {
                table_.apply(row);
            } else {
                print_out(globals_.json ? render_json(row) + "\n" : render_line(row));
            }
        }
        redraw();
        if (is_done() || ferror(stdout) != 0) {
            // The rest of the program ends as after Ctrl-C, but with success.
            (void)raise(SIGINT);
        }
    }

    void talk(const std::string& sentence) {
        if (is_table_) {
            table_.say(sentence);
            redraw();
        } else if (!globals_.quiet) {
            print_err(sentence + "\n");
        }
    }

    [[nodiscard]] bool is_done() const { return options_.count > 0 && shown_ >= options_.count; }

  private:
    void show_now(const std::vector<Product>& products) {
        for (const auto& product : products) {
            if (!is_table_ && !globals_.json) {
                print_out(render(product));
            }
            for (const auto& row : product.stores) {
                table_.set(
                    row.store, product.sku, row.on_hand, row.reserved, row.version, row.updated_at
                );
            }
        }
        redraw();
    }

    void redraw() {
        if (is_table_) {
            const auto size = terminal_size();
            // Home, clear to the end, draw.
            print_out("\x1b[H\x1b[J" + table_.render(size.lines, size.columns, "stockctl watch"));
        }
    }

    const Globals& globals_;
    const WatchOptions& options_;
    std::set<std::string> skus_;
    bool is_table_;
    WatchTable table_;
    std::int64_t shown_ = 0;
};

int run_watch(const Globals& globals, const WatchOptions& options) {
    const auto info = conninfo(globals);
    if (!info) {
        return fail(globals, info.error());
    }
    catch_interrupts();
    Watch watch(globals, options);
    FeedFollower follower(
        *info,
        {
            [](pg::Connection& connection) -> base::Result<void> {
                const auto schema = migrate::check(connection);
                return schema ? base::Result<void>() : schema.error();
            },
            [&](pg::Connection& connection) { return watch.start(connection); },
            [&](const std::vector<FeedRow>& rows) { watch.show(rows); },
            [&](const std::string& sentence) { watch.talk(sentence); },
        }
    );
    const auto ended = follower.follow();
    if (!ended) {
        const bool is_away = ended.error().code == base::ErrorCode::kUnavailable;
        return fail(globals, is_away ? with_database_hint(ended.error()) : ended.error());
    }
    return watch.is_done() ? kExitOk : kExitInterrupted;
}

}  // namespace

void add_watch(Registration& to) {
    auto options = std::make_shared<WatchOptions>();
    auto* sub = add_subcommand(
        to,
        "watch",
        "Show changes as they happen",
        "  stockctl watch                        every change of every product\n"
        "  stockctl watch 85123A 22423           these products, with their stock now\n"
        "  stockctl watch --json | jq -c .       one JSON object per line and change\n"
        "  stockctl watch 85123A --count 1       wait for the next change of one product\n"
        "\n"
        "On a terminal the stock rows are shown as a live table, otherwise as lines. It sleeps "
        "until the relaying stockd\n"
        "tells of changes (NOTIFY inventory_changes) and then reads the change feed from where it "
        "was: after a lost\n"
        "connection nothing is missing and nothing comes twice.\n",
        {"1    failed",
         "12   the schema is missing or older than this program",
         "130  ended by Ctrl-C"}
    );
    sub->add_option("SKU", options->skus, "Product codes; none: all");
    sub->add_option("--store", options->store, "Only this store")->type_name("CODE");
    sub->add_flag("--plain", options->plain, "Lines instead of a table, on a terminal too");
    sub->add_option("--count", options->count, "End with 0 after this many changes")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 62))
        ->type_name("N");
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_watch(globals, *options); };
    });
}

}  // namespace stockd::cli
