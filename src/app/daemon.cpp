#include "app/daemon.hpp"

#include "app/cache_sink.hpp"
#include "app/embedded.hpp"
#include "app/file_limit.hpp"
#include "app/follow_adapter.hpp"
#include "app/schema_check.hpp"
#include "app/signals.hpp"
#include "app/systemd.hpp"
#include "app/try_out.hpp"
#include "app/views_adapter.hpp"
#include "app/watchdog.hpp"
#include "base/assert.hpp"
#include "cache/cache.hpp"
#include "observe/log_sink.hpp"
#include "observe/metrics_sink.hpp"
#include "pg/conninfo.hpp"
#include "source/follower.hpp"
#include "web/admin.hpp"
#include "web/api.hpp"
#include "web/host_rule.hpp"
#include "web/server.hpp"

#include <unistd.h>

#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace stockd::app {

namespace {

constexpr std::chrono::milliseconds kTick{200};

std::string name_of_host() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "stockd";
}

observe::Level level_of(const config::Options& options) {
    return observe::parse_level(options.log_level).value_or(observe::Level::kInfo);
}

observe::LogFormat format_of(const config::Options& options) {
    return observe::parse_log_format(options.log_format).value_or(observe::LogFormat::kText);
}

source::Paces paces_of(const config::Options& options) {
    return {
        options.canary_interval,
        options.ttl,
        options.audit_pace,
        static_cast<std::size_t>(options.waiting_max),
        options.expire_interval,
        options.sync_interval,
        options.prune_interval,
        options.fold_interval,
        options.analytics_interval};
}

source::SourceOptions source_options(const config::Options& options, const std::string& url) {
    source::SourceOptions made;
    made.database_url = url;
    made.name = options.name.empty() ? name_of_host() : options.name;
    made.schema_check = schema_check();
    made.backstop = options.backstop;
    const auto paces = paces_of(options);
    made.canary_every = paces.canary_every;
    made.ttl = paces.ttl;
    made.audit_rows_per_s = paces.audit_rows_per_s;
    made.waiters_max = paces.waiters_max;
    made.expire_every = paces.expire_every;
    made.sync_every = paces.sync_every;
    made.prune_every = paces.prune_every;
    made.fold_every = paces.fold_every;
    made.analytics_every = paces.analytics_every;
    return made;
}

views::ReaderOptions reader_options(const config::Options& options, const std::string& url) {
    views::ReaderOptions made;
    made.database_url = url;
    made.name = options.name.empty() ? name_of_host() : options.name;
    made.waiting_max = static_cast<std::size_t>(options.waiting_max);
    return made;
}

ConnectionLimits room_for_connections(const config::Options& options) {
    const std::int64_t cores = std::max(1U, std::thread::hardware_concurrency());
    const auto threads = options.web_threads == 0 ? cores : options.web_threads;
    return make_room_for_connections(options.connections_max, threads + 1);
}

enum class Port { kApi, kAdmin };

web::Limits limits_of(const config::Options& options, Port port) {
    web::Limits limits;
    const auto room = room_for_connections(options);
    limits.connections_max =
        static_cast<std::size_t>(port == Port::kApi ? room.of_api : room.of_admin);
    limits.unsent_bytes_max = static_cast<std::size_t>(options.unsent_bytes_max);
    limits.header_bytes_max = static_cast<std::size_t>(options.header_bytes_max);
    limits.body_bytes_max = static_cast<std::size_t>(options.body_bytes_max);
    limits.waiting_max = static_cast<std::size_t>(options.waiting_max);
    limits.request_timeout = options.request_timeout;
    limits.idle_timeout = options.idle_timeout;
    limits.write_timeout = options.write_timeout;
    limits.wait_max = options.wait_max;
    limits.wait_default = std::min(limits.wait_default, options.wait_max);
    return limits;
}

web::ServerOptions server_options(
    const config::Options& options, const std::string& listen, unsigned threads, const char* name
) {
    web::ServerOptions made;
    made.listen = listen;
    made.threads = threads;
    made.thread_name = name;
    const bool is_admin = std::string{name} == "admin";
    made.listen_flag = is_admin ? "--admin-listen" : "--listen";
    made.stop_grace = options.stop_grace;
    made.allowed_hosts = web::split_names(options.allowed_hosts);
    made.limits = limits_of(options, is_admin ? Port::kAdmin : Port::kApi);
    return made;
}

int fail(const base::Error& error) {
    std::cerr << "stockd: " << error << std::endl;
    return base::exit_code(error.code);
}

/// Every object of the daemon, in the order in which they are made; they go in the opposite one.
class Daemon {
  public:
    Daemon(const config::Command& command, const config::Sources& sources)
        : options_(command.options),
          sources_(sources),
          log_(format_of(options_), level_of(options_)),
          metrics_(STOCKD_VERSION),
          observer_({std::cref(log_), std::cref(metrics_)}),
          sink_(cache_),
          follow_(cache_),
          api_(cache_, follow_, observer_),
          admin_(cache_, follow_, [this] { return metrics_.text(); }) {
        api_.serve_views(views_);
        admin_.serve_views(views_);
        for (const auto& warning : command.warnings) {
            say(observe::Level::kWarn, warning);
        }
    }

    int run();

  private:
    void say(observe::Level level, const std::string& text) const {
        observer_(observe::Message{level, text, {}});
    }

    base::Result<void> listen();
    base::Result<void> start_database();
    void start_following();
    void start_serving();
    void run_until_told();
    void tick();
    void tell_state();
    void tell_file_limit() const;
    void reread_settings();
    void stop();
    void fill(observe::Gauges& gauges) const;

    const Signals signals_;
    config::Options options_;
    const config::Sources& sources_;
    observe::LogSink log_;
    observe::MetricsSink metrics_;
    observe::Observer observer_;
    cache::Cache cache_;
    CacheSink sink_;
    FollowAdapter follow_;
    ViewsAdapter views_;
    web::Api api_;
    web::Admin admin_;
    std::optional<EmbeddedDatabase> embedded_;
    std::unique_ptr<source::Follower> follower_;
    std::unique_ptr<views::Reader> views_reader_;
    std::unique_ptr<Watchdog> watchdog_;
    std::unique_ptr<web::Server> public_server_;
    std::unique_ptr<web::Server> admin_server_;
    std::string told_state_;
    bool was_loaded_ = false;
    bool embedded_ended_ = false;
};

int Daemon::run() {
    // What no retry can mend.
    if (const auto named = pg::parse_conninfo(options_.database_url); !named) {
        return fail(named.error());
    }
    // The ports first: a taken one is known at once, before a database is started or loaded.
    if (const auto done = listen(); !done) {
        return fail(done.error());
    }
    if (const auto done = start_database(); !done) {
        return signals_.told_to_stop() ? 0 : fail(done.error());
    }
    start_following();
    start_serving();
    run_until_told();
    stop();
    return embedded_ended_ ? base::exit_code(base::ErrorCode::kUnavailable) : 0;
}

base::Result<void> Daemon::listen() {
    const auto threads = static_cast<unsigned>(options_.web_threads);
    auto made = web::Server::listen(
        server_options(options_, options_.listen, threads, "web"), api_, observer_
    );
    if (!made) {
        return made.error();
    }
    public_server_ = std::move(*made);
    made = web::Server::listen(
        server_options(options_, options_.admin_listen, 1, "admin"), admin_, observer_
    );
    if (!made) {
        return made.error();
    }
    admin_server_ = std::move(*made);
    return {};
}

base::Result<void> Daemon::start_database() {
    if (options_.embedded.empty()) {
        return {};
    }
    auto started = EmbeddedDatabase::start(options_, signals_);
    if (!started) {
        return started.error();
    }
    embedded_.emplace(std::move(*started));
    return {};
}

void Daemon::start_following() {
    const auto url = embedded_ ? embedded_->daemon_url() : options_.database_url;
    follower_ = std::make_unique<source::Follower>(source_options(options_, url), sink_, observer_);
    follow_.attach(*follower_);
    views_reader_ = std::make_unique<views::Reader>(reader_options(options_, url));
    views_.attach(*views_reader_);
    watchdog_ = std::make_unique<Watchdog>(*follower_);
    follower_->start();
}

void Daemon::start_serving() {
    metrics_.set_gauges([this](observe::Gauges& gauges) { fill(gauges); });
    public_server_->start();
    admin_server_->start();
    say(observe::Level::kInfo,
        "stockd " STOCKD_VERSION ": HTTP on " + public_server_->address() + ", admin on " +
            admin_server_->address());
    tell_file_limit();
}

void Daemon::tell_file_limit() const {
    const auto allowed = room_for_connections(options_).of_api;
    if (allowed < options_.connections_max) {
        say(observe::Level::kWarn,
            "at most " + std::to_string(allowed) + " connections, not " +
                std::to_string(options_.connections_max) +
                ": the limit of open files is too low (ulimit -n, LimitNOFILE=)");
    }
}

void Daemon::run_until_told() {
    while (true) {
        switch (signals_.wait_for(kTick)) {
            case SIGINT:
            case SIGTERM:
                return;
            case SIGHUP:
                if (signals_.terminal_is_gone()) {
                    return;
                }
                reread_settings();
                break;
            default:
                break;
        }
        if (embedded_ && !embedded_->is_running()) {
            say(observe::Level::kError, "the private PostgreSQL server has ended; stopping");
            embedded_ended_ = true;
            return;
        }
        tick();
    }
}

void Daemon::tick() {
    watchdog_->tick();
    tell_state();
    const auto reading = cache_.read();
    if (was_loaded_) {
        return;
    }
    if (!reading.state().loaded) {
        // The database may be away for long, or large: that is no failed start.
        notify_systemd("EXTEND_TIMEOUT_USEC=30000000");
        return;
    }
    was_loaded_ = true;
    notify_systemd("READY=1");
    if (embedded_) {
        print_try_out(
            {public_server_->address(),
             admin_server_->address(),
             embedded_->people_url(),
             EmbeddedDatabase::stockctl().string()},
            reading
        );
    }
}

/// What systemctl status shows.
void Daemon::tell_state() {
    auto state = follow_.status().state;
    if (state != told_state_) {
        notify_systemd("STATUS=" + state);
        told_state_ = std::move(state);
    }
}

void Daemon::reread_settings() {
    const auto reread = config::load(sources_);
    if (!reread) {
        say(observe::Level::kError, "settings stay as they are: " + base::describe(reread.error()));
        return;
    }
    std::vector<std::string> ignored;
    options_ = config::take_live(options_, reread->options, ignored);
    log_.set_level(level_of(options_));
    follower_->set_paces(paces_of(options_));
    public_server_->set_limits(limits_of(options_, Port::kApi));
    admin_server_->set_limits(limits_of(options_, Port::kAdmin));
    say(observe::Level::kInfo, "settings were read again");
    tell_file_limit();
    for (const auto& name : ignored) {
        say(observe::Level::kWarn, name + " has changed, which takes a restart");
    }
}

void Daemon::stop() {
    notify_systemd("STOPPING=1");
    say(observe::Level::kInfo, "stopping");
    follow_.stopping();
    // Requests that wait need the follower to end their waits, so it goes after them. The admin
    // server says so as long as they are served, and ends by the same deadline.
    const auto deadline = std::chrono::steady_clock::now() + options_.stop_grace;
    public_server_->stop(deadline);
    admin_server_->stop(deadline);
    views_reader_->stop();
    follower_->stop();
    if (embedded_) {
        embedded_.reset();
    }
    say(observe::Level::kInfo, "stopped");
}

void Daemon::fill(observe::Gauges& gauges) const {
    const auto held = cache_.counts();
    const auto freshness = follow_.freshness();
    const auto status = follow_.status();
    gauges.products = static_cast<std::int64_t>(held.products);
    gauges.stores = static_cast<std::int64_t>(held.stores);
    gauges.stock_rows = static_cast<std::int64_t>(held.stock_rows);
    gauges.cache_bytes = static_cast<std::int64_t>(held.bytes);
    if (freshness.age_ms) {
        gauges.age_s = static_cast<double>(*freshness.age_ms) / 1000;
    }
    gauges.stale = freshness.stale;
    gauges.ready = follow_.ready().ready;
    gauges.relay = status.is_relay;
    gauges.waiting_requests = static_cast<std::int64_t>(api_.waiting());
    gauges.http_connections = public_server_->connections();
    gauges.state = status.state;
}

}  // namespace

int run_daemon(const config::Command& command, const config::Sources& sources) {
    return Daemon{command, sources}.run();
}

}  // namespace stockd::app
