#include "harness.hpp"

#include <catch2/catch.hpp>

namespace stockd::source::test {

namespace {

/// Without the months of the ledger that begin after this one.
std::int64_t drop_months_to_come(Db& db) {
    const auto months = db.run(
        "select c.oid::regclass::text from pg_inherits i join pg_class c on c.oid = i.inhrelid "
        "where i.inhparent = 'inventory.stock_ledger_months'::regclass and c.relname > "
        "'stock_ledger_' || "
        "to_char(now() at time zone 'UTC', 'YYYY_MM') and c.relname <> 'stock_ledger_default'"
    );
    for (int i = 0; i < months.size(); ++i) {
        db.run("drop table " + std::string(months.text(i, 0)));
    }
    return months.size();
}

std::int64_t months_of(Db& db) {
    return std::stoll(
        db.value("select count(*) from pg_inherits where inhparent = "
                 "'inventory.stock_ledger_months'::regclass")
    );
}

}  // namespace

TEST_CASE("source: who becomes relay has the missing months made, a follower not", "[source]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    const auto wanted = months_of(db);
    REQUIRE(drop_months_to_come(db) == 3);
    const Running relay{options_for(database)};
    REQUIRE(relay.becomes_relay());
    REQUIRE(eventually([&] { return relay.seen<observe::LedgerMonthsMade>().size() == 1; }));
    CHECK(relay.seen<observe::LedgerMonthsMade>().front().names.size() == 3);
    CHECK(months_of(db) == wanted);
    const Running follower{options_for(database)};
    REQUIRE(follower.becomes_live());
    db.run("update inventory.inventory_stock set on_hand = 7");
    REQUIRE(eventually([&] { return follower.sink.on_hand(1, 1) == 7; }));
    CHECK(follower.seen<observe::LedgerMonthsMade>().empty());
}

TEST_CASE("source: the relay looks after the months again and again", "[source]") {
    const Database database;
    Db db{database.url()};
    auto options = options_for(database);
    options.months_every = 50ms;
    options.months_again = 50ms;  // the drops below lock the ledger, too
    const Running relay{options};
    REQUIRE(eventually([&] { return relay.seen<observe::LedgerMonthsMade>().size() >= 3; }));
    const auto wanted = months_of(db);
    REQUIRE(drop_months_to_come(db) == 3);
    CHECK(eventually([&] { return months_of(db) == wanted; }));
}

TEST_CASE(
    "source: a ledger that somebody keeps locked delays the months and no change", "[source]"
) {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    const auto wanted = months_of(db);
    REQUIRE(drop_months_to_come(db) == 3);
    Db holder{database.url()};
    holder.run("begin");
    holder.run("select count(*) from inventory.stock_ledger");
    auto options = options_for(database);
    options.months_again = 50ms;
    const Running relay{options};
    REQUIRE(relay.becomes_relay());
    const auto failures = [&] { return relay.seen<observe::LedgerMonthsFailed>(); };
    // Several times over: a change is read in spite of who waits for the lock, and of who holds it.
    int on_hand = 0;
    for (std::size_t seen = 0; seen < 3; seen = failures().size()) {
        db.run("update inventory.inventory_stock set on_hand = $1", {std::to_string(++on_hand)});
        REQUIRE(eventually([&] { return relay.sink.on_hand(1, 1) == on_hand; }));
        REQUIRE(eventually([&] { return failures().size() > seen; }));
    }
    CHECK(relay.live());
    CHECK(relay.follower.status().is_relay);
    CHECK(relay.follower.status().reconnects == 0);
    CHECK(failures().front().error.sqlstate == "55P03");
    CHECK_FALSE(failures().at(0).again);
    CHECK(failures().at(1).again);
    CHECK(months_of(db) == wanted - 3);
    holder.run("commit");
    CHECK(eventually([&] { return months_of(db) == wanted; }));
}

TEST_CASE("source: a follower that stops while months are made ends at once", "[source]") {
    const Database database;
    Db db{database.url()};
    REQUIRE(drop_months_to_come(db) == 3);
    db.run("select inventory.incarnation()");  // the first one in a copy locks the ledger
    Db holder{database.url()};
    holder.run("begin");
    holder.run("lock table inventory.stock_ledger in share update exclusive mode");
    auto options = options_for(database);
    options.months_again = 50ms;
    Running relay{options};
    REQUIRE(eventually([&] {
        return db.value(
                   "select count(*) from pg_stat_activity where datname = current_database() and "
                   "application_name = 'stockd months' and wait_event_type = 'Lock'"
               ) == "1";
    }));
    relay.follower.stop();
    CHECK(relay.seen<observe::LedgerMonthsMade>().empty());
}

}  // namespace stockd::source::test
