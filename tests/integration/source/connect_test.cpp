#include "harness.hpp"
#include "pg/conninfo.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>

namespace stockd::source::test {

namespace {

/// Takes every connection and never says a word.
class SilentServer {
  public:
    SilentServer()
        : socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* raw = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(bind(socket_, raw, size) == 0);
        REQUIRE(listen(socket_, 16) == 0);
        REQUIRE(getsockname(socket_, raw, &size) == 0);
        port_ = ntohs(address.sin_port);
    }

    ~SilentServer() {
        for (const int taken : taken_) {
            close(taken);
        }
        close(socket_);
    }

    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    SilentServer(SilentServer&&) = delete;
    SilentServer& operator=(SilentServer&&) = delete;

    [[nodiscard]] std::string port() const { return std::to_string(port_); }

    /// How many connections it has got.
    [[nodiscard]] std::size_t asked() {
        for (int taken = accept(socket_, nullptr, nullptr); taken >= 0;
             taken = accept(socket_, nullptr, nullptr)) {
            taken_.push_back(taken);
        }
        return taken_.size();
    }

  private:
    int socket_;
    int port_ = 0;
    std::vector<int> taken_;
};

/// The conninfo or URI with one parameter more, which wins.
std::string with_parameter(std::string url, const std::string& key, const std::string& value) {
    if (url.find("://") == std::string::npos) {
        return url + " " + key + "='" + value + "'";
    }
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += key + '=';
    for (const char c : value) {
        url += c == ' ' ? "%20" : c == '=' ? "%3D" : std::string(1, c);
    }
    return url;
}

std::vector<std::string> states_of(const Running& running) {
    std::vector<std::string> states;
    for (const auto& moved : running.seen<observe::StateChanged>()) {
        states.push_back(moved.to);
    }
    return states;
}

}  // namespace

TEST_CASE("source: every state on the way up is reported once", "[source]") {
    const Database database;
    const Running running{options_for(database)};
    REQUIRE(running.becomes_live());
    CHECK(
        states_of(running) == std::vector<std::string>{"connecting", "listening", "loading", "live"}
    );
}

TEST_CASE(
    "source: a login that may read and not write does not load again and again without a pause",
    "[source]"
) {
    const Database database;
    database.seed(1, 1);
    {
        const Running before{options_for(database)};  // begins the incarnation
        REQUIRE(before.becomes_relay());
    }
    auto options = options_for(database);
    options.database_url =
        with_parameter(options.database_url, "options", "-c default_transaction_read_only=on");
    options.backoff_min = 1ms;
    options.backoff_max = 1h;
    const Running running{options};
    CHECK(eventually([&] {
        const auto failures = running.seen<observe::DatabaseFailed>();
        return std::any_of(failures.begin(), failures.end(), [](const auto& failure) {
            return failure.error.sqlstate == "25006" && failure.retry_in > 20ms;
        });
    }));
}

TEST_CASE(
    "source: who locks tables in another order waits for a drain shortly, and stockd says it is "
    "stale",
    "[source]"
) {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    Db admin{database.url()};
    auto options = options_for(database);
    options.stale_after = 3s;
    options.canary_every = 0ms;
    const Running running{options};
    REQUIRE(running.becomes_relay());
    admin.run("begin");
    admin.run("lock table inventory.inventory_stock in access exclusive mode");
    db.run("update inventory.stores set name = 'Renamed'");
    // More than one try, and the session goes on: it answers, and does not know what was written.
    REQUIRE(eventually([&] { return running.follower.freshness().stale; }));
    CHECK(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"no_answer"};
    }));
    admin.run("lock table inventory.stores in access exclusive mode");
    admin.run("update inventory.inventory_stock set on_hand = 5");
    admin.run("commit");
    CHECK(eventually([&] { return same_rows(running.sink.copy(), tables(db)); }));
    CHECK(running.sink.on_hand(1, 1) == 5);
    CHECK_FALSE(running.follower.freshness().stale);
    CHECK(running.follower.status().reconnects == 0);
    CHECK(running.sink.loads() == 1);
}

TEST_CASE("source: a canary that a lock keeps from being written is late", "[source]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    auto options = options_for(database);
    options.canary_late_after = 500ms;
    const Running running{options};
    REQUIRE(eventually([&] { return running.live() && running.follower.status().not_ready.empty(); }
    ));
    db.run("begin");
    db.run("lock table inventory.inventory_event in share mode");  // readers pass
    CHECK(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"canary_late"};
    }));
    db.run("commit");
    CHECK(eventually([&] { return running.follower.status().not_ready.empty(); }));
    CHECK(running.follower.status().reconnects == 0);
}

TEST_CASE("source: what an administrator took away is said to be the schema", "[source]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    db.run(
        "do $$ begin create role source_itest_login login in role inventory_daemon; exception "
        "when duplicate_object then null; end $$"
    );
    auto options = options_for(database);
    options.database_url = with_parameter(options.database_url, "user", "source_itest_login");
    const Running running{options};
    REQUIRE(running.becomes_live());
    db.run(
        "revoke execute on function inventory._drain(xid8, xid8[], timestamptz) from "
        "inventory_daemon"
    );
    db.run("update inventory.inventory_stock set on_hand = 7");
    CHECK(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"schema"};
    }));
    CHECK(
        running.seen<observe::DatabaseFailed>().back().error.hint.find("GRANT inventory_daemon") !=
        std::string::npos
    );
    db.run(
        "grant execute on function inventory._drain(xid8, xid8[], timestamptz) to "
        "inventory_daemon"
    );
    CHECK(eventually([&] { return running.sink.on_hand(1, 1) == 7; }));
}

TEST_CASE("source: after a session that was proven the next one comes at once", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backoff_min = 1ms;
    options.backoff_max = 1h;
    const Running running{options};
    for (std::size_t cut = 1; cut <= 12; ++cut) {
        REQUIRE(running.becomes_relay());
        REQUIRE(eventually([&] { return running.follower.status().not_ready.empty(); }));
        database.cut_followers();
        REQUIRE(eventually([&] { return running.seen<observe::DatabaseFailed>().size() >= cut; }));
    }
    for (const auto& failure : running.seen<observe::DatabaseFailed>()) {
        CHECK(failure.retry_in <= 8ms);
    }
}

TEST_CASE("source: a server that is not there is tried again, and requests are told", "[source]") {
    SourceOptions options;
    options.database_url = "postgresql://me:hunter2@127.0.0.1:1/nothing";
    options.backoff_min = 5ms;
    options.backoff_max = 20ms;
    Running running{options};
    REQUIRE(eventually([&] { return running.seen<observe::DatabaseFailed>().size() >= 5; }));
    CHECK(running.follower.status().not_ready == std::vector<std::string>{"database_away"});
    for (const auto& failed : running.seen<observe::DatabaseFailed>()) {
        CHECK(failed.retry_in <= 20ms);
        CHECK_THAT(base::describe(failed.error), !Catch::Contains("hunter2"));
        CHECK_THAT(failed.error.message, Catch::Contains("refused. Is the server running"));
    }
    // The failure has said why: the state that follows from it does not say it again.
    for (const auto& moved : running.seen<observe::StateChanged>()) {
        CHECK((moved.to == "connecting" ? "attempt" : "connect failed") == moved.reason);
    }
    const auto outcome = outcome_of([&](auto done) {
        running.follower.wait_for_load(std::chrono::steady_clock::now() + 5s, std::move(done));
    });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == base::ErrorCode::kUnavailable);
    CHECK(outcome.error().message == "the database is away");
    CHECK(outcome.error().detail == "the database cannot be reached");  // no host, no port
    CHECK_FALSE(outcome.error().hint.empty());
    CHECK_FALSE(running.follower.freshness().age);
}

TEST_CASE("source: a conninfo that cannot be read is an error without its password", "[source]") {
    SourceOptions options;
    options.database_url = "postgresql://me:hunter2@host:port/nothing?bad";
    const Running running{options};
    REQUIRE(eventually([&] { return !running.seen<observe::DatabaseFailed>().empty(); }));
    CHECK_THAT(
        base::describe(running.seen<observe::DatabaseFailed>().front().error),
        !Catch::Contains("hunter2")
    );
}

TEST_CASE(
    "source: a schema that the check refuses keeps the follower out, until it is mended", "[source]"
) {
    const Database database;
    auto options = options_for(database);
    auto mended = std::make_shared<std::atomic<bool>>(false);
    options.schema_check.sql = "select 1";
    options.schema_check.judge = [mended](const base::Result<pg::Rows>& rows
                                 ) -> base::Result<void> {
        if (rows.has_value() && *mended) {
            return {};
        }
        return base::Error{
            base::ErrorCode::kSchemaMismatch, "old schema", {}, "Run stockctl migrate.", {}};
    };
    Running running{options};
    REQUIRE(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"schema"};
    }));
    CHECK_THAT(running.follower.status().last_error, Catch::Contains("Run stockctl migrate."));
    const auto outcome = outcome_of([&](auto done) {
        running.follower.wait_for_load(std::chrono::steady_clock::now() + 5s, std::move(done));
    });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().message == "the database's schema cannot be used");
    CHECK(outcome.error().detail == "old schema");
    CHECK(outcome.error().hint == "Run stockctl migrate.");
    *mended = true;
    CHECK(running.becomes_live());
}

TEST_CASE("source: a connection that ends under the check says nothing of the schema", "[source]") {
    const Database database;
    auto options = options_for(database);
    options.schema_check.sql = "select pg_terminate_backend(pg_backend_pid())";
    options.schema_check.judge = [](const base::Result<pg::Rows>& rows) -> base::Result<void> {
        return rows ? base::Result<void>{} : rows.error();
    };
    const Running running{options};
    REQUIRE(eventually([&] { return !running.seen<observe::DatabaseFailed>().empty(); }));
    CHECK(running.seen<observe::DatabaseFailed>().front().during == "schema");
    CHECK(running.follower.status().not_ready == std::vector<std::string>{"database_away"});
}

TEST_CASE("source: a server that is silent does not keep us from the next one", "[source]") {
    const Database database;
    database.seed(1, 1);
    SilentServer silent;
    std::map<std::string, std::string> part;
    const auto named = pg::parse_conninfo(database.url());
    REQUIRE(named.has_value());
    for (const auto& [key, value] : *named) {
        part[key] = value;
    }
    auto options = options_for(database);
    options.connect_timeout = 1s;
    part["host"] = "127.0.0.1," + part["host"];
    part["port"] = silent.port() + ',' + part["port"];
    options.database_url.clear();
    for (const auto& [key, value] : part) {
        options.database_url += key + "='" + value + "' ";
    }
    const Running running{options};
    REQUIRE(running.becomes_live());
    // Back to where it was good, without asking the silent one again.
    const auto asked = silent.asked();
    CHECK(asked > 0);
    database.cut_followers();
    REQUIRE(eventually([&] { return running.follower.status().reconnects > 0; }));
    CHECK(running.becomes_live());
    CHECK(silent.asked() == asked);
}

TEST_CASE("source: a database without the schema is an error that says so", "[source]") {
    const Database database;
    Db{database.url()}.run("drop schema inventory cascade");
    const Running running{options_for(database)};
    REQUIRE(eventually([&] { return !running.seen<observe::DatabaseFailed>().empty(); }));
    CHECK(
        running.seen<observe::DatabaseFailed>().front().error.code ==
        base::ErrorCode::kSchemaMismatch
    );
    // The failure is told before the state that follows from it.
    CHECK(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"schema"};
    }));
}

TEST_CASE("source: a follower can be stopped in any state", "[source]") {
    const Database database;
    database.seed(3, 300);
    const auto pause = GENERATE(0ms, 1ms, 3ms, 10ms, 20ms, 40ms);
    Running running{options_for(database)};
    (void)eventually([] { return false; }, pause);
    const auto begun = std::chrono::steady_clock::now();
    running.follower.stop();
    CHECK(std::chrono::steady_clock::now() - begun < 1s);
}

}  // namespace stockd::source::test
