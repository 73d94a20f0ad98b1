#include "harness.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <new>

namespace stockd::source::test {

TEST_CASE("source: after a lost connection the follower goes on from its position", "[source]") {
    const Database database;
    database.seed(1, 2);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    const auto before = running.sink.copy().position;
    Db db{database.url()};
    for (int i = 1; i <= 3; ++i) {
        database.cut_followers();
        db.run(
            "update inventory.inventory_stock set on_hand = $1 where product_id = 1",
            {std::to_string(i)}
        );
        REQUIRE(eventually([&] { return running.sink.on_hand(1, 1) == i; }));
    }
    CHECK(running.sink.loads() == 1);
    CHECK(running.follower.status().reconnects >= 1);
    CHECK(running.sink.copy().position.incarnation == before.incarnation);
}

TEST_CASE("source: a position that is older than what is kept leads to a load", "[source]") {
    const Database database;
    database.seed(1, 1);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run(
        "update inventory.epoch set released_xid = (pg_current_xact_id()::text::bigint + "
        "1000)::text::xid8"
    );
    REQUIRE(eventually([&] {
        return !running.seen<observe::LoadFailed>().empty() || running.sink.loads() >= 2 ||
               running.follower.status().reconnects >= 1;
    }));
    db.run("update inventory.epoch set released_xid = '0'");
    CHECK(eventually([&] { return running.sink.loads() >= 2 && running.live(); }));
    CHECK(running.seen<observe::Loaded>().back().reason == observe::LoadReason::kTooOld);
}

TEST_CASE("source: what cannot be read in the time of a statement is loaded instead", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.statement_timeout = 300ms;
    options.canary_every = 0ms;  // would meet the lock before the drain does
    const Running running{options};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("begin");
    db.run("lock table inventory.inventory_event in access exclusive mode");  // a load needs none
    REQUIRE(eventually([&] {
        const auto moved = running.seen<observe::StateChanged>();
        return std::any_of(moved.begin(), moved.end(), [](const auto& change) {
            return change.to == "loading" && change.reason == "too_far_behind";
        });
    }));
    // What came meanwhile has the time of a load, not that of a statement.
    REQUIRE(eventually([&] {
        return Db{database.url()}.value(
                   "select count(*) from pg_stat_activity where datname = current_database() and "
                   "application_name like '% drain' and wait_event_type = 'Lock' and "
                   "clock_timestamp() - query_start > interval '350 ms'"
               ) == "1";
    }));
    db.run("commit");
    CHECK(eventually([&] { return running.live(); }));
    CHECK(running.seen<observe::Loaded>().back().reason == observe::LoadReason::kTooFar);
    CHECK(running.seen<observe::LoadFailed>().empty());
    db.run("update inventory.inventory_stock set on_hand = 7");
    CHECK(eventually([&] { return running.sink.on_hand(1, 1) == 7; }));
}

TEST_CASE("source: a new epoch is noticed by who is connected", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.audit_rows_per_s = 0;
    const Running running{options};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("alter table inventory.inventory_stock disable trigger user");
    db.run("update inventory.inventory_stock set on_hand = 41");
    db.run("update inventory.epoch set epoch = gen_random_uuid()");
    CHECK(eventually([&] { return running.sink.on_hand(1, 1) == 41; }));
    CHECK(running.seen<observe::Loaded>().back().reason == observe::LoadReason::kIncarnation);
}

TEST_CASE("source: a batch that its sink did not finish is followed by a load", "[source]") {
    const Database database;
    database.seed(1, 2);

    struct BreakingSink : MapSink {
        std::atomic<bool> breaks{false};

        void apply(const change::ChangeSet& changes) override {
            if (!changes.stock.empty() && breaks.exchange(false)) {
                auto half = changes;
                half.stock.resize(1);
                MapSink::apply(half);
                throw std::bad_alloc{};
            }
            MapSink::apply(changes);
        }
    } sink;

    std::atomic<int> caught{0};
    Follower follower{
        options_for(database), sink, observe::Observer{{[&](const observe::Observation& seen) {
            caught += std::holds_alternative<observe::ExceptionCaught>(seen) ? 1 : 0;
        }}}};
    follower.start();
    REQUIRE(eventually([&] { return follower.status().state == State::kLive; }));
    Db db{database.url()};
    sink.breaks = true;
    db.run("update inventory.inventory_stock set on_hand = 5");
    CHECK(eventually([&] { return sink.loads() == 2 && sink.copy().stock == tables(db).stock; }));
    CHECK(caught == 1);
    follower.stop();
}

TEST_CASE("source: old data are served marked stale while the database is away", "[source]") {
    const Database database;
    database.seed(1, 1);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    CHECK_FALSE(running.follower.freshness().stale);
    Db db{database.url()};
    const auto name = db.value("select current_database()");
    db.run("alter database " + name + " connection limit 0");
    db.run("create role tester_" + name + " login");
    // A superuser passes a connection limit: the database is closed altogether.
    db.run("update pg_database set datallowconn = false where datname = $1", {name});
    db.run(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> "
        "pg_backend_pid()",
        {name}
    );
    CHECK(eventually([&] { return running.follower.freshness().stale; }));
    CHECK(running.sink.on_hand(1, 1) == 100);
    CHECK(eventually([&] {
        return running.follower.status().not_ready == std::vector<std::string>{"database_away"};
    }));
    db.run("update inventory.inventory_stock set on_hand = 55");
    db.run("update pg_database set datallowconn = true where datname = $1", {name});
    db.run("drop role tester_" + name);
    CHECK(eventually([&] {
        return running.sink.on_hand(1, 1) == 55 && !running.follower.freshness().stale;
    }));
    CHECK(running.sink.loads() == 1);
}

TEST_CASE("source: a ticket that waits is ended by name when the incarnation changes", "[source]") {
    const Database database;
    database.seed(1, 1);
    Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("begin");
    const auto ticket = std::stoull(db.value("select inventory.ticket()"));
    Db other{database.url()};
    const auto outcome = outcome_of([&](auto done) {
        running.follower.wait_for_ticket(
            ticket, std::chrono::steady_clock::now() + 20s, std::move(done)
        );
        other.run("delete from inventory.incarnation_token");
        database.cut_followers();
    });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == base::ErrorCode::kForeignIncarnation);
    db.run("rollback");
}

}  // namespace stockd::source::test
