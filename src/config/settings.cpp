#include "config/settings.hpp"

#include "config/values.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <limits>
#include <numeric>

namespace stockd::config {

namespace {

base::Error bad(const std::string& message) {
    return {base::ErrorCode::kInvalidArgument, message, {}, {}, {}};
}

Setting text_setting(
    std::string name, std::string value, std::string Options::*member, std::string help
) {
    Setting made{
        std::move(name), {}, std::move(value), std::move(help), false, false, false, {}, {}};
    made.set = [member](Options& options, std::string_view text) -> base::Result<void> {
        options.*member = text;
        return {};
    };
    made.get = [member](const Options& options) { return options.*member; };
    return made;
}

Setting path_setting(
    std::string name, std::string value, std::string Options::*member, std::string help
) {
    auto made = text_setting(std::move(name), std::move(value), member, std::move(help));
    made.is_path = true;
    return made;
}

Setting address_setting(std::string name, std::string Options::*member, std::string help) {
    auto made = text_setting(std::move(name), "HOST:PORT", member, std::move(help));
    made.set = [member](Options& options, std::string_view text) -> base::Result<void> {
        if (const auto endpoint = parse_endpoint(text); !endpoint) {
            return endpoint.error();
        }
        options.*member = text;
        return {};
    };
    return made;
}

Setting choice_setting(
    std::string name,
    std::initializer_list<std::string> choices,
    std::string Options::*member,
    std::string help
) {
    std::string listed;
    for (const auto& choice : choices) {
        listed += (listed.empty() ? "" : "|") + choice;
    }
    auto made = text_setting(std::move(name), listed, member, std::move(help));
    made.set = [member, listed, known = std::vector<std::string>(choices)](
                   Options& options, std::string_view text
               ) -> base::Result<void> {
        if (std::find(known.begin(), known.end(), text) == known.end()) {
            return bad("\"" + std::string(text) + "\" is not one of " + listed);
        }
        options.*member = text;
        return {};
    };
    return made;
}

Setting duration_setting(
    std::string name,
    milliseconds Options::*member,
    milliseconds least,
    milliseconds most,
    const std::string& help
) {
    Setting made{
        std::move(name),
        {},
        "DURATION",
        help + " (" + print_duration(least) + " to " + print_duration(most) + ")",
        false,
        false,
        false,
        {},
        {}};
    made.set = [=](Options& options, std::string_view text) -> base::Result<void> {
        const auto value = parse_duration(text);
        if (!value) {
            return value.error();
        }
        if (*value < least || *value > most) {
            return bad(
                "\"" + std::string(text) + "\" is not between " + print_duration(least) + " and " +
                print_duration(most)
            );
        }
        options.*member = *value;
        return {};
    };
    made.get = [member](const Options& options) { return print_duration(options.*member); };
    return made;
}

using Parse = base::Result<std::int64_t> (*)(std::string_view);
using Print = std::string (*)(std::int64_t);

std::string print_number(std::int64_t number) {
    return std::to_string(number);
}

Setting number_setting(
    std::string name,
    std::string value,
    std::int64_t Options::*member,
    std::int64_t least,
    std::int64_t most,
    const std::string& help,
    Parse parse = parse_number,
    Print print = print_number
) {
    Setting made{
        std::move(name),
        {},
        std::move(value),
        help + " (" + print(least) + " to " + print(most) + ")",
        false,
        false,
        false,
        {},
        {}};
    made.set = [=](Options& options, std::string_view text) -> base::Result<void> {
        const auto number = parse(text);
        if (!number) {
            return number.error();
        }
        if (*number < least || *number > most) {
            return bad(
                "\"" + std::string(text) + "\" is not between " + print(least) + " and " +
                print(most)
            );
        }
        options.*member = *number;
        return {};
    };
    made.get = [member, print](const Options& options) { return print(options.*member); };
    return made;
}

class Table {
  public:
    void group(std::string heading) { heading_ = std::move(heading); }

    Setting& add(Setting setting) {
        setting.group = heading_;
        return rows_.emplace_back(std::move(setting));
    }

    void add_live(Setting setting) { add(std::move(setting)).is_live = true; }

    [[nodiscard]] std::vector<Setting> take() { return std::move(rows_); }

  private:
    std::string heading_;
    std::vector<Setting> rows_;
};

void add_database(Table& table) {
    table.group("Database");
    auto url = text_setting(
        "database-url",
        "URL",
        &Options::database_url,
        "The database to follow: postgresql://user@host/database or key=value. Left out: psql's "
        "variables (PGHOST, PGDATABASE, ...). Others can see a flag: keep a password in a file or "
        "in ~/.pgpass"
    );
    url.is_secret = true;
    table.add(std::move(url));
    table.add(path_setting(
        "database-url-file",
        "FILE",
        &Options::database_url_file,
        "Read the database URL from a file's first line"
    ));
    table.add(path_setting(
        "embedded",
        "DIR",
        &Options::embedded,
        "Run a private PostgreSQL cluster in this directory (made when missing), migrate it, and "
        "follow it"
    ));
    table.add(path_setting(
        "sample",
        "DIR",
        &Options::sample,
        "Import the sample in this directory (see stockctl import sample) into a new private "
        "cluster"
    ));
    table.add(text_setting(
        "name",
        "NAME",
        &Options::name,
        "What this stockd is called in stockctl status; left out: the host's name"
    ));
}

void add_follow(Table& table) {
    using std::chrono::hours;
    using std::chrono::seconds;
    table.group("Following the database");
    table.add_live(duration_setting(
        "ttl",
        &Options::ttl,
        seconds(1),
        hours(24 * 7),
        "Reload everything in the background when neither a load nor a complete audit is younger"
    ));
    table.add(duration_setting(
        "backstop",
        &Options::backstop,
        milliseconds(10),
        hours(1),
        "Look for changes at least this often, whatever rings"
    ));
    table.add_live(duration_setting(
        "canary-interval",
        &Options::canary_interval,
        milliseconds(50),
        hours(1),
        "How often a canary proves the whole way from a commit into memory"
    ));
    table.add_live(number_setting(
        "audit-pace",
        "ROWS",
        &Options::audit_pace,
        0,
        100'000'000,
        "Rows per second that the background audit compares with the tables; 0: no audit"
    ));
    table.add_live(duration_setting(
        "expire-interval",
        &Options::expire_interval,
        milliseconds(0),
        hours(1),
        "How often the relay lets reservations expire whose time is over; 0s: never"
    ));
    table.add_live(duration_setting(
        "sync-interval",
        &Options::sync_interval,
        milliseconds(0),
        hours(24),
        "How often the relay deducts what tills queued while they were offline; 0s: never"
    ));
    table.add_live(duration_setting(
        "prune-interval",
        &Options::prune_interval,
        milliseconds(0),
        hours(24),
        "How often the relay lets idempotency keys go that are older than the offline window; 0s: "
        "never"
    ));
    table.add_live(duration_setting(
        "fold-interval",
        &Options::fold_interval,
        milliseconds(0),
        hours(1),
        "How far apart the relay's folds of the views are while stock changes; 0s: only when "
        "somebody asks for a rebuild"
    ));
    table.add_live(duration_setting(
        "analytics-interval",
        &Options::analytics_interval,
        milliseconds(0),
        hours(24),
        "How far apart, at least, the relay works out the views' analytics; 0s: never"
    ));
}

void add_http(Table& table) {
    constexpr std::int64_t kMany = 1'000'000;
    table.group("HTTP");
    table.add(address_setting("listen", &Options::listen, "Where the HTTP API listens"));
    table.add(address_setting(
        "admin-listen", &Options::admin_listen, "Where /live, /ready and /metrics listen"
    ));
    table.add(text_setting(
        "allowed-hosts",
        "NAMES",
        &Options::allowed_hosts,
        "Host names, with commas between, under which a proxy reaches an address that only this "
        "machine can; localhost and addresses go without saying; *: any"
    ));
    table.add(number_setting(
        "web-threads",
        "N",
        &Options::web_threads,
        0,
        256,
        "Threads that serve requests; 0: one per core"
    ));
    table.add_live(number_setting(
        "connections-max",
        "N",
        &Options::connections_max,
        1,
        kMany,
        "Connections open at once; more are refused"
    ));
    table.add_live(number_setting(
        "waiting-max",
        "N",
        &Options::waiting_max,
        1,
        kMany,
        "Requests that wait at once; more are refused"
    ));
    table.add_live(number_setting(
        "unsent-bytes-max",
        "SIZE",
        &Options::unsent_bytes_max,
        1 << 20,
        1LL << 40,
        "Bytes of answers that clients have not taken yet; above it large answers are refused",
        parse_bytes,
        print_bytes
    ));
}

void add_request_limits(Table& table) {
    using std::chrono::hours;
    using std::chrono::seconds;
    table.add_live(number_setting(
        "header-bytes-max",
        "SIZE",
        &Options::header_bytes_max,
        1024,
        1 << 20,
        "Size of a request's header",
        parse_bytes,
        print_bytes
    ));
    table.add_live(number_setting(
        "body-bytes-max",
        "SIZE",
        &Options::body_bytes_max,
        1024,
        64 << 20,
        "Size of a request's body",
        parse_bytes,
        print_bytes
    ));
    table.add_live(duration_setting(
        "request-timeout",
        &Options::request_timeout,
        milliseconds(100),
        hours(1),
        "Time to send one whole request"
    ));
    table.add_live(duration_setting(
        "idle-timeout",
        &Options::idle_timeout,
        milliseconds(100),
        hours(24),
        "Time between two requests of a connection"
    ));
    table.add_live(duration_setting(
        "write-timeout",
        &Options::write_timeout,
        milliseconds(100),
        hours(1),
        "Time in which a client may take nothing"
    ));
    table.add_live(duration_setting(
        "wait-max",
        &Options::wait_max,
        milliseconds(0),
        seconds(30),
        "Most that a request may ask for with wait_ms"
    ));
    table.add(duration_setting(
        "stop-grace",
        &Options::stop_grace,
        milliseconds(0),
        seconds(60),
        "Time for requests in flight when stockd is told to stop"
    ));
}

void add_log(Table& table) {
    table.group("Log");
    table.add_live(choice_setting(
        "log-level",
        {"trace", "debug", "info", "warn", "error", "off"},
        &Options::log_level,
        "What is logged, on stderr"
    ));
    table.add(choice_setting(
        "log-format",
        {"text", "json"},
        &Options::log_format,
        "Lines for people, or one JSON object per line"
    ));
}

std::string with_underscores(std::string text) {
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

/// Levenshtein distance: letters to insert, delete or replace.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = row[0]++;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string Setting::key() const {
    return with_underscores(name);
}

std::string Setting::variable() const {
    auto text = "STOCKD_" + with_underscores(name);
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(std::toupper(c));
    });
    return text;
}

const std::vector<Setting>& settings() {
    static const std::vector<Setting> all = [] {
        Table table;
        add_database(table);
        add_http(table);
        add_request_limits(table);
        add_follow(table);
        add_log(table);
        return table.take();
    }();
    return all;
}

const Setting* find_setting(std::string_view key) {
    for (const auto& setting : settings()) {
        if (setting.key() == key) {
            return &setting;
        }
    }
    return nullptr;
}

std::string nearest(std::string_view text, const std::vector<std::string>& known) {
    std::string best;
    std::size_t least = 3;
    for (const auto& candidate : known) {
        if (const auto away = distance(text, candidate); away < least) {
            best = candidate;
            least = away;
        }
    }
    return best;
}

}  // namespace stockd::config
