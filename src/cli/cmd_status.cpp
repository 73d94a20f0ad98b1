#include "change/position.hpp"
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/output.hpp"
#include "migrate/migrate.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdio>
#include <memory>
#include <optional>

namespace stockd::cli {

namespace {

namespace json = boost::json;

struct Follower {
    std::string name;
    std::string position;
    bool is_relay = false;
    bool is_alive = false;
    double seen_s_ago = 0;
};

struct DatabaseStatus {
    std::string name;
    std::string server_version;
    int schema = 0;
    std::string position;
    std::string incarnation;
    double queue_usage = 0;
    std::int64_t writers = 0;   ///< transactions in progress that have written feed rows
    bool is_parked = false;     ///< the relay sleeps behind the doorbell
    std::string relay;          ///< who holds the relay lock; empty: nobody
    std::int64_t products = 0;  ///< estimates of the planner, not counted
    std::int64_t stock_rows = 0;
    std::vector<Follower> followers;
    std::vector<std::string> warnings;
};

struct DaemonStatus {
    Statistics statistics;
    AdminReport admin;
};

constexpr const char* kServer = R"(
select
    current_database(), current_setting('server_version'), pg_notification_queue_usage(), inventory.position(),
    (select case when c.reltuples >= 0 then c.reltuples::bigint
            else (select count(*) from inventory.products) end
        from pg_class as c where c.oid = 'inventory.products'::regclass),
    (select case when c.reltuples >= 0 then c.reltuples::bigint
            else (select count(*) from inventory.inventory_stock) end
        from pg_class as c where c.oid = 'inventory.inventory_stock'::regclass)
)";

constexpr const char* kLocks = R"(
select
    (l.classid::bigint << 32) | l.objid::bigint = inventory.relay_lock(),
    l.mode = 'ExclusiveLock',
    coalesce(a.application_name, '?') || ', process ' || l.pid || coalesce(' at ' || host(a.client_addr), '')
from pg_locks as l
left join pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint in (inventory.relay_lock(), inventory.doorbell_lock())
)";

constexpr const char* kFollowers = R"(
with seen as (
    select
        d.*, row_number() over (partition by d.name order by d.seen_at desc) as nth,
        extract(epoch from clock_timestamp() - d.seen_at) as ago
    from inventory.daemons as d
), judged as (
    select
        s.*,
        -- How often a stockd writes is its own setting, so its session tells whether it lives: of as many sessions as
        -- a name has, the ones seen last. PostgreSQL does not show every name as it was given.
        case when s.name ~ '^[ -~]{1,56}$' then s.nth <= (
            select count(*)
            from pg_stat_activity as a
            where a.datname = current_database() and a.application_name = s.name || ' listen'
        ) else s.ago < 60 end as is_alive
    from seen as s
)
select name, position_hash, is_relay and is_alive, is_alive, ago
from judged
where is_alive or ago < 3600
order by 3 desc, is_alive desc, seen_at desc
limit 100
)";

base::Result<void> read_locks(pg::Connection& connection, DatabaseStatus& out) {
    const auto locks = connection.exec(kLocks);
    if (!locks) {
        return locks.error();
    }
    for (int i = 0; i < locks->size(); ++i) {
        if (locks->boolean(i, 0)) {
            out.relay = locks->text(i, 2);
        } else if (locks->boolean(i, 1)) {
            out.is_parked = true;
        } else {
            ++out.writers;
        }
    }
    return {};
}

base::Result<DatabaseStatus> read_database(pg::Connection& connection) {
    DatabaseStatus out;
    const auto schema = migrate::check(connection);
    if (!schema) {
        return schema.error();
    }
    out.schema = schema->number;
    out.warnings = schema->warnings;
    const auto server = connection.exec(kServer);
    if (!server) {
        return server.error();
    }
    out.name = server->text(0, 0);
    out.server_version = server->text(0, 1);
    out.queue_usage = std::strtod(std::string(server->text(0, 2)).c_str(), nullptr);
    if (const auto position = change::parse_position(server->text(0, 3)); position) {
        out.position = change::short_hash(*position);
        out.incarnation = position->incarnation;
    }
    out.products = server->integer(0, 4);
    out.stock_rows = server->integer(0, 5);
    if (auto locks = read_locks(connection, out); !locks) {
        return locks.error();
    }
    const auto followers = connection.exec(kFollowers);
    if (!followers) {
        return followers.error();
    }
    for (int i = 0; i < followers->size(); ++i) {
        out.followers.push_back({
            std::string(followers->text(i, 0)),
            std::string(followers->text(i, 1)),
            followers->boolean(i, 2),
            followers->boolean(i, 3),
            std::strtod(std::string(followers->text(i, 4)).c_str(), nullptr),
        });
    }
    return out;
}

base::Result<DaemonStatus> read_daemon(const std::string& server, const std::string& admin) {
    auto daemon = Daemon::at(server);
    if (!daemon) {
        return daemon.error();
    }
    auto statistics = daemon->statistics();
    if (!statistics) {
        return statistics.error();
    }
    auto report = ask_admin(admin);
    if (!report) {
        return report.error();
    }
    return DaemonStatus{std::move(*statistics), std::move(*report)};
}

std::string in_seconds(double seconds) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.1f s", seconds);
    return text;
}

std::string in_percent(double part) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.4g %%", part * 100);
    return text;
}

std::string render(const DatabaseStatus& status) {
    std::string out = "database   " + printable(status.name) + ", PostgreSQL " +
                      status.server_version + ", schema " + std::to_string(status.schema) + "\n";
    out += "contents   about " + std::to_string(status.products) + " products, " +
           std::to_string(status.stock_rows) + " stock rows\n";
    out += "position   " + status.position + " of incarnation " + status.incarnation + "\n";
    out += "relay      " +
           (status.relay.empty() ? "none: nobody tells of changes until a stockd runs"
                                 : printable(status.relay)) +
           (status.relay.empty() ? "" : (status.is_parked ? ", parked" : ", awake")) + "\n";
    out += "writers    " + std::to_string(status.writers) + " in progress\n";
    out += "queue      " + in_percent(status.queue_usage) + " of the notification queue used\n";
    if (status.followers.empty()) {
        return out + "followers  none\n";
    }
    Table table({{"FOLLOWER"}, {"ROLE"}, {"POSITION"}, {"SEEN", Align::kRight}});
    for (const auto& follower : status.followers) {
        table.add({
            printable(follower.name),
            follower.is_relay   ? "relay"
            : follower.is_alive ? "follower"
                                : "gone",
            printable(follower.position),
            in_seconds(follower.seen_s_ago) + " ago",
        });
    }
    return out + "\n" + table.render();
}

/// A value of the daemon's answer as people read it.
std::string plain(const json::value& value) {
    if (value.is_string()) {
        const auto& text = value.get_string();
        return printable({text.data(), text.size()});
    }
    return json_text(value);
}

std::string ready_text(const std::optional<Readiness>& readiness, const std::string& admin) {
    if (!readiness) {
        return "unknown: the admin port did not answer at " + printable(admin) +
               " (name it with --admin-server)";
    }
    if (readiness->is_ready) {
        return "yes";
    }
    std::string out;
    for (const auto& reason : readiness->reasons) {
        out += (out.empty() ? "no: " : ", ") + reason;
    }
    return out.empty() ? "no" : out;
}

std::string render(
    const DaemonStatus& status, const std::string& server, const std::string& admin
) {
    const auto& body = status.statistics.body.as_object();
    const auto is_known = [&](const char* name) {
        const auto* value = body.if_contains(name);
        return value != nullptr && !value->is_null();
    };
    const auto field = [&](const char* name) {
        return is_known(name) ? plain(body.at(name)) : std::string("?");
    };
    std::string out = "stockd     " + printable(server) + "\n";
    out += "ready      " + ready_text(status.admin.readiness, admin) + "\n";
    if (status.statistics.age_ms) {
        out += "cache      " + field("productCount") + " products" +
               (is_known("lastRefresh") ? ", loaded or audited " + field("lastRefresh") : "") +
               ", drift " + field("drift") + "\n";
        out +=
            "position   " + printable(status.statistics.position) + ", " +
            std::to_string(*status.statistics.age_ms) + " ms old" +
            (status.statistics.is_stale ? ", STALE: the database is away or does not answer" : "") +
            "\n";
    } else {
        out += "cache      nothing is loaded\n";
    }
    out += "reads      " + field("hits") + " hits, " + field("misses") + " misses, " +
           field("unknown") + " unknown" +
           (is_known("hitRate") ? ", hit rate " + field("hitRate") : "") + "\n";
    if (status.admin.status) {
        out += "rings      " + std::to_string(status.admin.status->rings) + "\n";
    }
    return out;
}

json::value ready_json(const std::optional<Readiness>& readiness) {
    return readiness ? json::value(readiness->is_ready) : json::value(nullptr);
}

json::object to_json(const DatabaseStatus& status) {
    json::array followers;
    for (const auto& follower : status.followers) {
        followers.push_back(json::object{
            {"name", follower.name},
            {"isRelay", follower.is_relay},
            {"isAlive", follower.is_alive},
            {"position", follower.position},
            {"seenSecondsAgo", follower.seen_s_ago},
        });
    }
    return {
        {"name", status.name},
        {"serverVersion", status.server_version},
        {"schema", status.schema},
        {"position", status.position},
        {"incarnation", status.incarnation},
        {"relay", status.relay.empty() ? json::value(nullptr) : json::value(status.relay)},
        {"relayIsParked", status.is_parked},
        {"writersInProgress", status.writers},
        {"notificationQueueUsage", status.queue_usage},
        {"productsEstimated", status.products},
        {"stockRowsEstimated", status.stock_rows},
        {"followers", std::move(followers)},
    };
}

json::object to_json(const DaemonStatus& status, const std::string& server) {
    return {
        {"server", server},
        {"ready", ready_json(status.admin.readiness)},
        {"position", status.statistics.position},
        {"ageMs",
         status.statistics.age_ms ? json::value(*status.statistics.age_ms) : json::value(nullptr)},
        {"isStale", status.statistics.is_stale},
        {"rings",
         status.admin.status ? json::value(status.admin.status->rings) : json::value(nullptr)},
        {"cache", status.statistics.body},
    };
}

int run_status(const Globals& globals, const std::string& named_admin) {
    const auto admin = named_admin.empty() ? admin_server_beside(globals.server) : named_admin;
    auto connection = connect(globals);
    const auto database =
        connection ? read_database(*connection) : base::Result<DatabaseStatus>(connection.error());
    const auto daemon = read_daemon(globals.server, admin);
    if (globals.json) {
        print_out(
            json_text(json::object{
                {"database", database ? json::value(to_json(*database)) : json::value(nullptr)},
                {"stockd",
                 daemon ? json::value(to_json(*daemon, globals.server)) : json::value(nullptr)},
            }) +
            "\n"
        );
    } else {
        print_out(database ? render(*database) : "");
        print_out(database && daemon ? "\n" : "");
        print_out(daemon ? render(*daemon, globals.server, admin) : "");
    }
    if (database) {
        for (const auto& warning : database->warnings) {
            print_err("Warning: " + warning + "\n");
        }
    }
    int code = kExitOk;
    if (!daemon) {
        code = fail(globals, daemon.error(), daemon_exit_code(daemon.error()));
    }
    if (database && daemon) {
        if (auto other = follows_another(daemon->admin, database->incarnation, globals.server)) {
            code = fail(globals, *other, kExitOtherDatabase);
        }
    }
    return database ? code : fail(globals, database.error());
}

}  // namespace

void add_status(Registration& to) {
    auto admin = std::make_shared<std::string>();
    auto* sub = add_subcommand(
        to,
        "status",
        "Show the database, who follows it, and stockd's copy",
        "  stockctl status\n"
        "  stockctl status --json | jq .stockd.ageMs\n"
        "\n"
        "The relay is the one stockd that tells the others; parked means that it sleeps until a "
        "writer rings. A follower\n"
        "says every few seconds that it is alive; one that has ended is listed as gone for an "
        "hour.\n",
        {"1    failed",
         "10   stockd cannot be reached; the database's part is shown",
         "12   the schema is not this program's",
         "13   stockd follows another database"}
    );
    sub->add_option(
           "--admin-server",
           *admin,
           "Address of stockd's admin port; by default the port after that of --server"
    )
        ->envname("STOCKCTL_ADMIN_SERVER")
        ->type_name("URL");
    sub->callback([admin, &globals = to.globals, &selected = to.selected] {
        selected = [admin, &globals] { return run_status(globals, *admin); };
    });
}

}  // namespace stockd::cli
