#include "harness.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

namespace stockd::source::test {

namespace {

/// What plain LISTEN inventory_changes hears.
class Listener {
  public:
    explicit Listener(const Database& database)
        : db_(database.url()) {
        db_.run("listen inventory_changes");
    }

    /// The first payload that satisfies the condition.
    std::string hears(const std::function<bool(const boost::json::value&)>& wanted) {
        std::string found;
        (void)eventually(
            [&] {
                PQconsumeInput(db_.connection().get());
                while (PGnotify* notify = PQnotifies(db_.connection().get())) {
                    const std::string payload = notify->extra;
                    PQfreemem(notify);
                    ++count_;
                    if (found.empty() && wanted(boost::json::parse(payload))) {
                        found = payload;
                    }
                }
                return !found.empty();
            },
            3s
        );
        return found;
    }

    [[nodiscard]] int count() const { return count_; }

  private:
    Db db_;
    int count_ = 0;
};

bool names(const boost::json::value& payload, std::string_view sku) {
    const auto* changes = payload.as_object().if_contains("changes");
    if (changes == nullptr) {
        return false;
    }
    for (const auto& change : changes->as_array()) {
        const auto* found = change.as_object().if_contains("sku");
        if (found != nullptr && found->as_string() == sku) {
            return true;
        }
    }
    return false;
}

bool one_relay(const std::vector<const Running*>& all) {
    int relays = 0;
    for (const auto* running : all) {
        relays += running->follower.status().is_relay ? 1 : 0;
    }
    return relays == 1;
}

}  // namespace

TEST_CASE("source: plain LISTEN learns of each batch with codes and versions", "[source]") {
    const Database database;
    database.seed(2, 2);
    Listener listener{database};
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("update inventory.inventory_stock set on_hand = 1 where store_id = 2 and product_id = 1"
    );
    const auto heard = listener.hears([](const auto& payload) { return names(payload, "P1"); });
    REQUIRE_FALSE(heard.empty());
    const auto change = boost::json::parse(heard).at("changes").at(0);
    CHECK(change.at("store") == "S2");
    CHECK(
        change.at("version").as_int64() ==
        std::stoll(db.value(
            "select version from inventory.inventory_stock where store_id = 2 and product_id = 1"
        ))
    );
    db.run("delete from inventory.products where product_id = 2 and false");
    db.run("update inventory.inventory_stock set on_hand = on_hand + 1");
    CHECK_FALSE(listener.hears([](const auto& payload) { return names(payload, "P2"); }).empty());
}

TEST_CASE("source: a lone relay that is idle says nothing to the world", "[source]") {
    const Database database;
    database.seed(1, 1);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    const auto broadcasts = running.follower.status().broadcasts;
    const auto canaries = running.seen<observe::CanarySeen>().size();
    REQUIRE(eventually([&] { return running.seen<observe::CanarySeen>().size() > canaries + 5; }));
    CHECK(running.follower.status().broadcasts == broadcasts);
}

TEST_CASE("source: somebody's own NOTIFY on the channel makes nobody talk", "[source]") {
    const Database database;
    database.seed(1, 1);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    const auto broadcasts = running.follower.status().broadcasts;
    Db db{database.url()};
    for (int i = 0; i < 20; ++i) {
        db.run("select pg_notify('inventory_changes', 'nonsense' || $1)", {std::to_string(i)});
    }
    const auto canaries = running.seen<observe::CanarySeen>().size();
    REQUIRE(eventually([&] { return running.seen<observe::CanarySeen>().size() > canaries + 2; }));
    CHECK(running.follower.status().broadcasts == broadcasts);
}

TEST_CASE("source: the pace of a stream holds up neither sleeper nor waiter nor stop", "[source]") {
    const Database database;
    database.seed(1, 1);
    // Nothing but the relay's own drains and those for a waiter.
    auto options = only_notifications(database);
    options.busy_pace = 1h;
    Running running{options};
    REQUIRE(running.becomes_relay());
    REQUIRE(eventually([&] { return running.follower.status().parks > 0; }));
    Db db{database.url()};
    std::int64_t written = 1;
    const auto write = [&] {
        db.run("update inventory.inventory_stock set on_hand = $1", {std::to_string(++written)});
    };
    write();
    REQUIRE(eventually([&] { return running.sink.on_hand(1, 1) == written; }));

    // A stream, until none of many changes is read any more.
    constexpr int kUnread = 200;
    int unread = 0;
    REQUIRE(eventually(
        [&] {
            for (unread = 0; unread < kUnread; ++unread) {
                const auto drains = running.follower.status().drains;
                write();
                if (running.follower.status().drains != drains) {
                    break;
                }
            }
            return unread == kUnread;
        },
        60s
    ));
    REQUIRE(running.sink.on_hand(1, 1) < written);
    const auto ticket = std::stoull(
        db.value("with u as (update inventory.inventory_stock set on_hand = on_hand returning 1) "
                 "select inventory.ticket() from u")
    );
    const auto outcome = outcome_of([&](auto done) {
        running.follower.wait_for_ticket(
            ticket, std::chrono::steady_clock::now() + 10s, std::move(done)
        );
    });
    CHECK(outcome.has_value());
    CHECK(running.sink.on_hand(1, 1) == written);
    const auto status = running.follower.status();
    CHECK(status.broadcasts <= status.drains);
    running.follower.stop();
    CHECK(running.follower.status().state == State::kDisconnected);
}

TEST_CASE("source: followers are told by the relay, with no backstop of their own", "[source]") {
    const Database database;
    database.seed(1, 1);
    const Running relay{options_for(database)};
    REQUIRE(relay.becomes_relay());
    const Running follower{only_notifications(database)};
    REQUIRE(follower.becomes_live());
    CHECK(one_relay({&relay, &follower}));
    Db db{database.url()};
    for (int i = 1; i <= 20; ++i) {
        db.run("update inventory.inventory_stock set on_hand = $1", {std::to_string(i)});
        REQUIRE(eventually([&] { return follower.sink.on_hand(1, 1) == i; }, 1s));
    }
}

TEST_CASE("source: a follower's pace holds up neither waiter nor stop", "[source]") {
    const Database database;
    database.seed(1, 1);
    const Running relay{options_for(database)};
    REQUIRE(relay.becomes_relay());
    auto options = only_notifications(database);
    options.told_pace = 1h;
    Running follower{options};
    REQUIRE(follower.becomes_live());
    Db db{database.url()};
    db.run("update inventory.inventory_stock set on_hand = 2");
    REQUIRE(eventually([&] { return relay.sink.on_hand(1, 1) == 2; }));
    const auto ticket = std::stoull(
        db.value("with u as (update inventory.inventory_stock set on_hand = 3 returning 1) "
                 "select inventory.ticket() from u")
    );
    REQUIRE(eventually([&] { return relay.sink.on_hand(1, 1) == 3; }));
    const auto outcome = outcome_of([&](auto done) {
        follower.follower.wait_for_ticket(
            ticket, std::chrono::steady_clock::now() + 10s, std::move(done)
        );
    });
    CHECK(outcome.has_value());
    CHECK(follower.sink.on_hand(1, 1) == 3);
    // Told of at once, and read when the pace is over: not by this one any more. Many times, so
    // that it would have come to it.
    const auto drains = follower.follower.status().drains;
    for (int i = 4; i < 44; ++i) {
        db.run("update inventory.inventory_stock set on_hand = $1", {std::to_string(i)});
        REQUIRE(eventually([&] { return relay.sink.on_hand(1, 1) == i; }));
    }
    CHECK(follower.follower.status().drains == drains);
    follower.follower.stop();
    CHECK(follower.follower.status().state == State::kDisconnected);
}

TEST_CASE("source: a follower proves its own way through the relay", "[source]") {
    const Database database;
    auto options = options_for(database);
    const Running relay{options};
    REQUIRE(relay.becomes_relay());
    options.backstop = 0ms;
    options.stale_after = 0ms;
    const Running follower{options};
    REQUIRE(eventually([&] { return follower.seen<observe::CanarySeen>().size() >= 3; }));
    CHECK_FALSE(follower.follower.status().is_relay);
}

TEST_CASE(
    "source: when the relay's sessions die a follower relays, and nothing is missed", "[source]"
) {
    const Database database;
    database.seed(1, 1);
    const auto options = options_for(database);
    const Running one{options};
    const Running other{options};
    REQUIRE(one.becomes_live());
    REQUIRE(other.becomes_live());
    std::atomic<bool> over{false};
    std::thread writer{[&] {
        Db db{database.url()};
        while (!over) {
            db.run("update inventory.inventory_stock set on_hand = on_hand + 1");
        }
    }};
    for (int i = 0; i < 3; ++i) {
        REQUIRE(eventually([&] { return one_relay({&one, &other}); }));
        database.cut_followers("stockd listen");
        REQUIRE(eventually([&] { return one.live() && other.live(); }));
    }
    over = true;
    writer.join();
    Db db{database.url()};
    CHECK(eventually([&] { return one_relay({&one, &other}); }));
    CHECK(eventually([&] { return same_rows(one.sink.copy(), tables(db)); }));
    CHECK(eventually([&] { return same_rows(other.sink.copy(), tables(db)); }));
    CHECK(one.sink.loads() + other.sink.loads() == 2);
}

TEST_CASE("source: a relay that freezes loses its locks within a few backstops", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backstop = 250ms;
    options.canary_every = 0ms;
    FreezingSink sink;
    Follower freezing{options, sink, observe::Observer{}};
    freezing.start();
    REQUIRE(eventually([&] { return freezing.status().is_relay; }));
    const Running other{options};
    REQUIRE(other.becomes_live());
    Db db{database.url()};
    sink.freeze();
    db.run("update inventory.inventory_stock set on_hand = 5");
    REQUIRE(eventually([&] { return sink.frozen(); }));
    CHECK(eventually([&] { return other.follower.status().is_relay; }, 3s));
    db.run("update inventory.inventory_stock set on_hand = 6");
    CHECK(eventually([&] { return other.sink.on_hand(1, 1) == 6; }, 1s));
    sink.thaw();
    CHECK(eventually([&] {
        return sink.on_hand(1, 1) == 6 && freezing.status().state == State::kLive;
    }));
    freezing.stop();
}

}  // namespace stockd::source::test
