/// One test per guard that source/gaps.hpp can leave out. In the normal build the guard holds;
/// built without it (STOCKD_GAP_TEST) the same test must see a change lost.
#include "harness.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <random>
#include <thread>

namespace stockd::source::test {

namespace {

#ifdef STOCKD_GAP_TEST
constexpr bool kGuarded = false;
#else
constexpr bool kGuarded = true;
#endif

/// How many of so many changes were not seen within half a second.
int lost_of(int changes, Db& db, const MapSink& sink, const std::function<void(Db&, int)>& change) {
    int lost = 0;
    for (int i = 1; i <= changes && lost == 0; ++i) {
        change(db, i);
        lost += eventually([&] { return sink.on_hand(1, 1) == i; }, 500ms) ? 0 : 1;
    }
    return lost;
}

void set_on_hand(Db& db, int value) {
    db.run(
        "update inventory.inventory_stock set on_hand = $1 where store_id = 1 and product_id = 1",
        {std::to_string(value)}
    );
}

/// What a restored copy or a failover looks like: other rows, and no feed rows that say so.
void change_history(Db& db, const std::string& statement) {
    db.run("begin");
    db.run("alter table inventory.inventory_stock disable trigger all");
    db.run("alter table inventory.inventory_event disable trigger all");
    db.run(statement);
    db.run("update inventory.inventory_stock set on_hand = 7 where store_id = 1 and product_id = 1"
    );
    db.run("alter table inventory.inventory_event enable trigger all");
    db.run("alter table inventory.inventory_stock enable trigger all");
    db.run("commit");
}

/// Whether the follower knows after a reconnect that the history is another one.
bool notices(const std::string& statement) {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.canary_every = 60s;
    const Running running{options};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    change_history(db, statement);
    database.cut_followers();
    REQUIRE(eventually([&] { return running.follower.status().reconnects == 1 && running.live(); })
    );
    return running.sink.on_hand(1, 1) == 7 && running.sink.loads() == 2;
}

}  // namespace

TEST_CASE(
    "source: a change that commits between the last drain and the lock is not slept over",
    "[gap-redrain]"
) {
    const Database database;
    database.seed(1, 1);
    const Running running{only_notifications(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    std::mt19937 random{7};
    std::uniform_int_distribution<int> delay_us{0, 3000};
    const int lost = lost_of(400, db, running.sink, [&](Db& writer, int i) {
        // The writer holds the doorbell's lock shared, so the relay looks again and again; the
        // commit falls anywhere.
        writer.run("begin");
        set_on_hand(writer, i);
        std::this_thread::sleep_for(std::chrono::microseconds{delay_us(random)});
        writer.run("commit");
    });
    CHECK((lost == 0) == kGuarded);
}

TEST_CASE(
    "source: a notification that came with a statement's answer wakes the follower",
    "[gap-notifies]"
) {
    const Database database;
    database.seed(1, 1);
    auto options = only_notifications(database);
    options.election_every = 5ms;
    const Running relay{options};
    REQUIRE(relay.becomes_relay());
    options.election_every = 1ms;  // L is hardly ever silent
    const Running follower{options};
    REQUIRE(follower.becomes_live());
    Db db{database.url()};
    const int lost = lost_of(1000, db, follower.sink, set_on_hand);
    CHECK((lost == 0) == kGuarded);
}

TEST_CASE("source: a change that is told of just after the load is heard", "[gap-listen]") {
    const Database database;
    database.seed(1, 1);
    const auto options = only_notifications(database);
    const Running relay{options};
    REQUIRE(relay.becomes_relay());
    Db db{database.url()};
    const Running follower{
        options, [&](MapSink& sink) {
            sink.after_load = [&] {
                const auto before = relay.follower.status().broadcasts;
                set_on_hand(db, 5);
                (void)eventually([&] { return relay.follower.status().broadcasts > before; });
            };
        }};
    REQUIRE(follower.becomes_live());
    CHECK(eventually([&] { return follower.sink.on_hand(1, 1) == 5; }, 1s) == kGuarded);
}

TEST_CASE(
    "source: a transaction that was in progress at a drain is read when it ends", "[gap-xip]"
) {
    const Database database;
    database.seed(1, 2);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db slow{database.url()};
    Db quick{database.url()};
    slow.run("begin");
    slow.run("update inventory.inventory_stock set on_hand = 1 where product_id = 1");
    quick.run("update inventory.inventory_stock set on_hand = 2 where product_id = 2");
    REQUIRE(eventually([&] { return running.sink.on_hand(1, 2) == 2; }));
    slow.run("commit");
    CHECK(eventually([&] { return running.sink.on_hand(1, 1) == 1; }, 2s) == kGuarded);
}

TEST_CASE("source: after a reconnect another incarnation is loaded anew", "[gap-incarnation]") {
    CHECK(notices("delete from inventory.incarnation_token") == kGuarded);
}

TEST_CASE(
    "source: after a reconnect a history without our last canary is loaded anew", "[gap-nonce]"
) {
    CHECK(notices("delete from inventory.inventory_event where type = 'canary'") == kGuarded);
}

TEST_CASE("source: a relay that is silent loses its locks to a follower", "[gap-idle]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backstop = 250ms;
    FreezingSink sink;
    Follower freezing{options, sink, observe::Observer{}};
    freezing.start();
    REQUIRE(eventually([&] { return freezing.status().is_relay; }));
    const Running other{options};
    REQUIRE(other.becomes_live());
    Db db{database.url()};
    sink.freeze();
    set_on_hand(db, 5);
    REQUIRE(eventually([&] { return sink.frozen(); }));
    CHECK(eventually([&] { return other.follower.status().is_relay; }, 5s) == kGuarded);
    sink.thaw();
    freezing.stop();
}

TEST_CASE(
    "source: a silent relay whose socket is full of rings is ended by a follower", "[gap-stuck]"
) {
    const Database database;
    database.seed(1, 1);
    const auto options = options_for(database);
    std::atomic<bool> freeze{false};
    std::atomic<bool> frozen{false};
    std::atomic<bool> thawed{false};
    const auto stop_when_parked = [&](const observe::Observation& seen) {
        if (freeze && std::holds_alternative<observe::Parked>(seen) && !frozen.exchange(true)) {
            (void)eventually([&] { return thawed.load(); }, 60s);
        }
    };
    MapSink sink;
    Follower freezing{options, sink, observe::Observer{{stop_when_parked}}};
    freezing.start();
    REQUIRE(eventually([&] { return freezing.status().is_relay; }));
    const Running other{options};
    REQUIRE(other.becomes_live());
    freeze = true;
    Db db{database.url()};
    set_on_hand(db, 1);
    REQUIRE(eventually([&] { return frozen.load(); }));
    // It holds the doorbell's lock, so everybody rings. Once nothing more goes into its socket the
    // server waits in its session for it, and no time-out of the session ends that.
    const auto is_stuck = [&] {
        set_on_hand(db, 2);
        set_on_hand(db, 1);
        return db.value(
                   "select coalesce(bool_or(wait_event = 'ClientWrite'), false)::text from "
                   "pg_stat_activity where application_name like '%listen'"
               ) == "true";
    };
    REQUIRE(eventually(is_stuck, 30s));
    CHECK(eventually([&] { return other.follower.status().is_relay; }, 12s) == kGuarded);
    thawed = true;
    CHECK(eventually([&] {
        return freezing.status().state == State::kLive && sink.on_hand(1, 1) == 1;
    }));
    freezing.stop();
}

TEST_CASE("source: a copy that has heard nothing for long is stale by itself", "[gap-silence]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.stale_after = 300ms;
    options.backstop = 50ms;
    FreezingSink sink;
    Follower freezing{options, sink, observe::Observer{}};
    freezing.start();
    REQUIRE(eventually([&] {
        return freezing.status().state == State::kLive && freezing.status().not_ready.empty() &&
               !freezing.freshness().stale;
    }));
    Db db{database.url()};
    sink.freeze();
    set_on_hand(db, 5);
    REQUIRE(eventually([&] { return sink.frozen(); }));
    // Nobody but the thread that is held up could have reported a failure.
    CHECK(eventually([&] { return freezing.freshness().stale; }, 2s) == kGuarded);
    CHECK(freezing.status().state == State::kLive);
    CHECK(freezing.status().not_ready.empty() != kGuarded);
    sink.thaw();
    freezing.stop();
}

TEST_CASE("source: who brings a ticket is answered with its transaction", "[gap-ticket]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backstop = 30s;
    options.canary_every = 0ms;
    Running running{options};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("set inventory.ring = off");  // nobody but the waiter wakes the follower
    db.run("begin");
    set_on_hand(db, 8);
    const auto ticket = std::stoull(db.value("select inventory.ticket()"));
    db.run("commit");
    const auto outcome = outcome_of([&](auto done) {
        running.follower.wait_for_ticket(
            ticket, std::chrono::steady_clock::now() + 5s, std::move(done)
        );
    });
    CHECK(outcome.has_value());
    CHECK((running.sink.on_hand(1, 1) == 8) == kGuarded);
}

TEST_CASE("source: a table that is rewritten as a load begins is not read as empty", "[gap-lock]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    // At the last moment before the load, which then waits: for the lock, or with its snapshot in
    // hand, to which the rewritten rows are still to come.
    const auto rewrite = [&](const observe::Observation& seen) {
        const auto* changed = std::get_if<observe::StateChanged>(&seen);
        if (changed != nullptr && changed->to == name_of(State::kLoading)) {
            db.run("begin");
            db.run("alter table inventory.products add column dice float default random()");
        }
    };
    MapSink sink;
    Follower follower{options_for(database), sink, observe::Observer{{rewrite}}};
    follower.start();
    Db other{database.url()};
    REQUIRE(eventually([&] {
        return other.value(
                   "select exists (select from pg_locks where not granted and relation = "
                   "'inventory.products'::regclass)::text"
               ) == "true";
    }));
    db.run("commit");
    REQUIRE(eventually([&] { return follower.status().state == State::kLive; }));
    CHECK(sink.copy().products.empty() != kGuarded);
    follower.stop();
}

TEST_CASE("source: while a load's copy is built, changes go on arriving", "[gap-prepared]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    std::atomic<bool> is_second{false};
    std::atomic<bool> arrived{false};
    Running running{options_for(database), [&](MapSink& sink) {
                        sink.preparing = [&] {
                            if (is_second) {
                                set_on_hand(db, 5);
                                arrived =
                                    eventually([&sink] { return sink.on_hand(1, 1) == 5; }, 2s);
                            }
                        };
                    }};
    REQUIRE(running.becomes_relay());
    is_second = true;
    std::atomic<bool> done{false};
    running.follower.refresh([&](const auto&) { done = true; });
    REQUIRE(eventually([&] { return done.load(); }));
    CHECK(arrived == kGuarded);
    CHECK(running.sink.on_hand(1, 1) == 5);
}

}  // namespace stockd::source::test
