#include "harness.hpp"

#include <catch2/catch.hpp>

namespace stockd::source::test {

namespace {

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
    }
    const auto outcome = outcome_of([&](auto done) {
        running.follower.wait_for_load(std::chrono::steady_clock::now() + 5s, std::move(done));
    });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == base::ErrorCode::kUnavailable);
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
    const Running running{options};
    REQUIRE(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"schema"};
    }));
    CHECK_THAT(running.follower.status().last_error, Catch::Contains("Run stockctl migrate."));
    *mended = true;
    CHECK(running.becomes_live());
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
