#include "harness.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <future>

namespace stockd::source::test {

namespace {

base::SteadyTime in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

change::Xid ticket_of(Db& db) {
    return std::stoull(db.value("select inventory.ticket()"));
}

}  // namespace

TEST_CASE("source: a ticket waits until its transaction is in the copy", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backstop = 30s;
    options.canary_every = 0ms;
    options.stale_after = 0ms;
    Running running{options};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("set inventory.ring = off");  // nobody but the waiter wakes the follower
    db.run("begin");
    db.run("update inventory.inventory_stock set on_hand = 8");
    const auto ticket = ticket_of(db);

    SECTION("committed: covered at once") {
        db.run("commit");
        const auto outcome = outcome_of([&](auto done) {
            running.follower.wait_for_ticket(ticket, in(2s), std::move(done));
        });
        CHECK(outcome.has_value());
        CHECK(running.sink.on_hand(1, 1) == 8);
        CHECK(running.sink.copy().position.covers(ticket));
    }
    SECTION("still open: waits for the commit, and is not refused as of the future") {
        std::promise<base::Result<void>> promise;
        running.follower.wait_for_ticket(ticket, in(5s), [&](auto result) {
            promise.set_value(std::move(result));
        });
        auto future = promise.get_future();
        CHECK(future.wait_for(200ms) == std::future_status::timeout);
        db.run("commit");
        REQUIRE(future.wait_for(2s) == std::future_status::ready);
        CHECK(future.get().has_value());
        CHECK(running.sink.on_hand(1, 1) == 8);
    }
    SECTION("never committed: the deadline names the ticket") {
        const auto outcome = outcome_of([&](auto done) {
            running.follower.wait_for_ticket(ticket, in(100ms), std::move(done));
        });
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code == base::ErrorCode::kTimeout);
        CHECK_THAT(outcome.error().message, Catch::Contains(std::to_string(ticket)));
        db.run("rollback");
    }
    SECTION("from the future: refused, also for who does not wait") {
        const auto outcome = outcome_of([&](auto done) {
            running.follower.wait_for_ticket(ticket + 1'000'000, in(0ms), std::move(done));
        });
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code == base::ErrorCode::kInvalidArgument);
        db.run("rollback");
    }
    SECTION("still open, for who does not wait: the deadline, not the judgement's end") {
        const auto outcome = outcome_of([&](auto done) {
            running.follower.wait_for_ticket(ticket, in(0ms), std::move(done));
        });
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code == base::ErrorCode::kTimeout);
        db.run("rollback");
    }
    SECTION("from the future: refused at once") {
        const auto begun = std::chrono::steady_clock::now();
        const auto outcome = outcome_of([&](auto done) {
            running.follower.wait_for_ticket(ticket + 1'000'000, in(10s), std::move(done));
        });
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code == base::ErrorCode::kInvalidArgument);
        CHECK(std::chrono::steady_clock::now() - begun < 2s);
        db.run("rollback");
    }
}

TEST_CASE("source: a condition is looked at after each publication", "[source]") {
    const Database database;
    database.seed(1, 1);
    Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    std::promise<base::Result<void>> promise;
    running.follower.wait_until(
        [&] { return running.sink.on_hand(1, 1) == 77; },
        "77",
        in(5s),
        [&](auto result) { promise.set_value(result); }
    );
    db.run("update inventory.inventory_stock set on_hand = 77");
    auto future = promise.get_future();
    REQUIRE(future.wait_for(5s) == std::future_status::ready);
    CHECK(future.get().has_value());
}

TEST_CASE("source: refreshes at one time share one load", "[source]") {
    const Database database;
    database.seed(2, 50);
    Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    std::atomic<int> done{0};
    std::atomic<std::int64_t> products{0};
    for (int i = 0; i < 10; ++i) {
        running.follower.refresh([&](const base::Result<LoadReport>& report) {
            products += report.has_value() ? report->counts.products : 0;
            ++done;
        });
    }
    REQUIRE(eventually([&] { return done == 10; }));
    CHECK(products == 500);
    CHECK(running.sink.loads() == 2);
    CHECK(running.seen<observe::Loaded>().back().reason == observe::LoadReason::kRequested);
}

TEST_CASE("source: a refresh while a load catches up shares it", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backstop = 0ms;
    options.canary_every = 0ms;
    options.audit_rows_per_s = 0;
    Running running{options};
    REQUIRE(running.becomes_relay());
    std::atomic<int> done{0};
    const auto count = [&done](const base::Result<LoadReport>& report) {
        done += report.has_value() ? 1 : 100;
    };
    Db db{database.url()};
    db.run("begin");
    db.run("lock table inventory.inventory_event in access exclusive mode");  // a load needs none
    running.follower.refresh(count);
    REQUIRE(eventually([&] {
        return Db{database.url()}.value(
                   "select count(*) from pg_stat_activity where datname = current_database() and "
                   "application_name like '% drain' and wait_event_type = 'Lock'"
               ) == "1";
    }));
    running.follower.refresh(count);
    db.run("commit");
    CHECK(eventually([&] { return done == 2; }));
    CHECK(running.sink.loads() == 2);
}

TEST_CASE("source: what changes during a load is in the copy that it publishes", "[source]") {
    const Database database;
    database.seed(1, 3);
    std::atomic<bool> once{true};
    std::unique_ptr<Db> db = std::make_unique<Db>(database.url());
    Running running{
        options_for(database), [&](MapSink& sink) {
            sink.during_load = [&] {
                if (once.exchange(false)) {
                    db->run("update inventory.inventory_stock set on_hand = 9 where product_id = 1"
                    );
                    db->run("delete from inventory.inventory_stock where product_id = 2");
                }
            };
        }};
    REQUIRE(running.becomes_relay());
    CHECK(running.sink.on_hand(1, 1) == 9);
    CHECK(running.sink.on_hand(1, 2) == -1);

    once = true;
    db->run("update inventory.inventory_stock set on_hand = 1 where product_id = 1");
    const auto before = running.sink.copy().position.snapshot.xmax;
    std::atomic<bool> done{false};
    running.follower.refresh([&](const auto&) { done = true; });
    REQUIRE(eventually([&] { return done.load(); }));
    CHECK(running.sink.on_hand(1, 1) == 9);
    CHECK(running.sink.copy().position.snapshot.xmax >= before);
}

TEST_CASE("source: changes go on arriving while a load runs", "[source]") {
    const Database database;
    database.seed(20, 2000);
    Db db{database.url()};
    std::atomic<bool> watch{false};
    std::atomic<bool> seen_meanwhile{false};
    const MapSink* old_copy = nullptr;
    bool changed = false;
    Running running{options_for(database), [&](MapSink& sink) {
                        old_copy = &sink;
                        sink.during_load = [&] {
                            if (watch && !changed) {
                                changed = true;
                                db.run(
                                    "update inventory.inventory_stock set on_hand = 99 "
                                    "where store_id = 1 and product_id = 5"
                                );
                            }
                            if (changed && !seen_meanwhile && old_copy->on_hand(1, 5) == 99) {
                                seen_meanwhile = true;
                            }
                        };
                    }};
    REQUIRE(running.becomes_relay());
    watch = true;
    std::atomic<bool> done{false};
    running.follower.refresh([&](const auto&) { done = true; });
    REQUIRE(eventually([&] { return done.load(); }, 30s));
    CHECK(seen_meanwhile);
    CHECK(running.sink.on_hand(1, 5) == 99);
}

TEST_CASE("source: a cleared copy is loaded again, and whoever needs it waits", "[source]") {
    const Database database;
    database.seed(1, 1);
    Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    // Held back by a lock, so that there is something to see in between.
    db.run("begin");
    db.run("lock table inventory.products in access exclusive mode");
    CHECK(outcome_of([&](auto done) { running.follower.clear(std::move(done)); }).has_value());
    CHECK_FALSE(running.sink.copy().loaded);
    CHECK(running.follower.freshness().stale);
    CHECK_FALSE(running.follower.freshness().age);
    std::promise<base::Result<void>> promise;
    running.follower.wait_for_load(in(10s), [&](auto result) { promise.set_value(result); });
    auto future = promise.get_future();
    CHECK(future.wait_for(100ms) == std::future_status::timeout);
    db.run("update inventory.inventory_stock set on_hand = 4");
    db.run("commit");
    REQUIRE(future.wait_for(10s) == std::future_status::ready);
    CHECK(future.get().has_value());
    CHECK(eventually([&] { return running.sink.on_hand(1, 1) == 4; }));
    CHECK(running.seen<observe::Loaded>().back().reason == observe::LoadReason::kCleared);
    CHECK_FALSE(running.follower.freshness().stale);
    CHECK(running.follower.freshness().age);
}

TEST_CASE("source: a cleared copy is ready again though nobody reads", "[source]") {
    const Database database;
    database.seed(1, 1);
    Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    CHECK(outcome_of([&](auto done) { running.follower.clear(std::move(done)); }).has_value());
    CHECK(eventually([&] {
        return running.sink.loads() == 2 && running.follower.status().not_ready.empty();
    }));
    CHECK(running.seen<observe::Loaded>().back().reason == observe::LoadReason::kCleared);
}

TEST_CASE("source: while the database is away, the copy is not cleared", "[source]") {
    const Database database;
    database.seed(1, 1);
    Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    const auto name = Db{database.url()}.value("select current_database()");
    Db other{std::getenv("STOCKD_TEST_DATABASE_URL")};  // NOLINT(concurrency-mt-unsafe)
    const auto allow = [&](const char* what) {
        other.run("alter database " + name + " allow_connections " + what);
    };
    allow("false");
    other.run(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'"
    );
    REQUIRE(eventually([&] { return running.follower.status().state == State::kDisconnected; }));
    const auto refused = outcome_of([&](auto done) { running.follower.clear(std::move(done)); });
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == base::ErrorCode::kUnavailable);
    CHECK(running.sink.copy().loaded);
    CHECK(running.sink.on_hand(1, 1) == 100);
    allow("true");
    CHECK(running.becomes_live());
}

TEST_CASE(
    "source: a session that a lock holds up is told from a database that is away", "[source]"
) {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.stale_after = 300ms;
    options.canary_every = 50ms;
    Running running{options};
    REQUIRE(running.becomes_relay());
    REQUIRE(eventually([&] { return running.follower.status().not_ready.empty(); }));
    Db db{database.url()};
    db.run("begin");
    db.run("lock table inventory.daemons in access exclusive mode");
    CHECK(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"no_answer"};
    }));
    CHECK(running.follower.status().state == State::kLive);
    CHECK(running.follower.freshness().age);
    const auto refused = outcome_of([&](auto done) { running.follower.clear(std::move(done)); });
    REQUIRE(refused.has_error());
    CHECK(refused.error().message == "the database does not answer");
    db.run("commit");
    CHECK(eventually([&] { return running.follower.status().not_ready.empty(); }));
}

TEST_CASE("source: requests to a stopped follower are answered", "[source]") {
    const Database database;
    Running running{options_for(database)};
    REQUIRE(running.becomes_live());
    std::atomic<int> answered{0};
    running.follower.wait_until(
        [] { return false; },
        "never",
        in(60s),
        [&](const auto& result) {
            answered +=
                result.has_error() && result.error().code == base::ErrorCode::kUnavailable ? 1 : 0;
        }
    );
    running.follower.stop();
    running.follower.wait_for_ticket(1, in(60s), [&](const auto& result) {
        answered += result.has_error() ? 1 : 0;
    });
    CHECK(answered == 2);
}

}  // namespace stockd::source::test
