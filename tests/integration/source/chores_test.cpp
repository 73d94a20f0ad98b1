#include "harness.hpp"

#include <catch2/catch.hpp>

namespace stockd::source::test {

namespace {

std::string lines(int product, int quantity) {
    return R"([{"sku": "P)" + std::to_string(product) + R"(", "quantity": )" +
           std::to_string(quantity) + "}]";
}

void reserve(Db& db, const std::string& order, int product, const std::string& ttl) {
    db.run(
        "select inventory.must(inventory.reserve_stock($1, 'S1', $2::jsonb, $3::interval))",
        {order, lines(product, 1), ttl}
    );
}

void queue(Db& db, const std::string& store, const std::string& id, int product, int quantity) {
    db.run(
        "select inventory.must(inventory.queue_transaction($1, $2::jsonb, $3, 'till'))",
        {store, lines(product, quantity), id}
    );
}

std::string pending(Db& db) {
    return db.value(
        "select count(*) from inventory.offline_transaction_queue where status = "
        "'pending'"
    );
}

std::string connections(Db& db, const std::string& more = "true") {
    return db.value(
        "select count(*) from pg_stat_activity where datname = current_database() and "
        "application_name = 'stockd chores' and " +
        more
    );
}

SourceOptions with_chores(const Database& database) {
    auto options = options_for(database);
    options.expire_every = 10ms;
    options.sync_every = 10ms;
    options.chores_again = 50ms;
    return options;
}

/// Of what the relay synced: how many, and how many it left to people.
std::pair<std::int64_t, std::int64_t> synced(const Running& relay) {
    std::pair<std::int64_t, std::int64_t> sum;
    for (const auto& seen : relay.seen<observe::QueueSynced>()) {
        sum.first += seen.synced;
        sum.second += seen.needs_approval;
    }
    return sum;
}

}  // namespace

TEST_CASE("source: the relay lets holds expire whose time is over, a follower not", "[source]") {
    const Database database;
    database.seed(1, 2);
    Db db{database.url()};
    const Running relay{with_chores(database)};
    REQUIRE(relay.becomes_relay());
    const Running follower{with_chores(database)};
    REQUIRE(follower.becomes_live());
    reserve(db, "short", 1, "1 ms");
    reserve(db, "long", 2, "1 hour");
    REQUIRE(eventually([&] { return relay.seen<observe::HoldsExpired>().size() == 1; }));
    CHECK(relay.seen<observe::HoldsExpired>().front().holds == 1);
    CHECK(
        db.value("select string_agg(state, ' ' order by hold_id) from inventory.stock_holds") ==
        "expired held"
    );
    CHECK(eventually([&] { return same_rows(follower.sink.copy(), tables(db)); }));
    CHECK(connections(db) == "1");
    CHECK(follower.seen<observe::HoldsExpired>().empty());
}

TEST_CASE(
    "source: the relay syncs the queues of all stores, a bounded number at a time", "[source]"
) {
    const Database database;
    database.seed(2, 1);
    Db db{database.url()};
    for (int i = 0; i < 120; ++i) {
        queue(db, i % 2 == 0 ? "S1" : "S2", std::to_string(i), 1, 1);
    }
    queue(db, "S1", "short", 1, 1000);
    const Running relay{with_chores(database)};
    REQUIRE(eventually([&] { return pending(db) == "0"; }));
    CHECK(eventually([&] {
        return synced(relay) == std::pair<std::int64_t, std::int64_t>{120, 1};
    }));
    CHECK(eventually([&] {
        return relay.sink.on_hand(1, 1) == 40 && relay.sink.on_hand(2, 1) == 40;
    }));
    CHECK(relay.seen<observe::ChoreFailed>().empty());
    // And what comes later.
    queue(db, "S2", "later", 1, 2);
    CHECK(eventually([&] { return relay.sink.on_hand(2, 1) == 38; }));
}

TEST_CASE(
    "source: the relay lets keys go that are older than the offline window, all that there are",
    "[source]"
) {
    const Database database;
    Db db{database.url()};
    db.run(
        "insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key, "
        "request, result, created_at) select 0, 'sale', n::text, '{}', '{}', now() - interval "
        "'31 days' from generate_series(1, 1500) as n"
    );
    db.run(
        "insert into inventory.operation_refusals (store_id, operation, code, errors, actor, "
        "recorded_at) select 0, 'x', 'old', '[]', 'x', now() - interval '31 days' from "
        "generate_series(1, 3500)"
    );
    db.run(
        "insert into inventory.operation_refusals (store_id, operation, code, errors, actor) "
        "values (0, 'x', 'young', '[]', 'x')"
    );
    auto options = options_for(database);
    options.prune_every = std::chrono::hours{1};
    const Running relay{options};
    const auto pruned = [&] {
        std::int64_t sum = 0;
        for (const auto& seen : relay.seen<observe::KeysPruned>()) {
            CHECK(seen.keys <= 1000);
            sum += seen.keys;
        }
        return sum;
    };
    REQUIRE(eventually([&] { return pruned() == 3500; }));
    CHECK(
        db.value(
            "select (select count(*) from inventory.inventory_deduction_idempotency) || ' ' || "
            "(select string_agg(code, ' ') from inventory.operation_refusals)"
        ) == "0 young"
    );
    CHECK(relay.seen<observe::ChoreFailed>().empty());
}

TEST_CASE("source: chores begin and rest as their paces say", "[source]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    queue(db, "S1", "q", 1, 1);
    reserve(db, "o", 1, "1 ms");
    Running relay{options_for(database)};
    REQUIRE(relay.becomes_relay());
    db.run("update inventory.inventory_stock set low_stock_threshold = 1");
    REQUIRE(eventually([&] { return same_rows(relay.sink.copy(), tables(db)); }));
    CHECK(connections(db) == "0");
    Paces paces;
    paces.expire_every = 0ms;
    paces.sync_every = 10ms;
    relay.follower.set_paces(paces);
    CHECK(eventually([&] { return pending(db) == "0"; }));
    CHECK(relay.seen<observe::HoldsExpired>().empty());
    paces.expire_every = 10ms;
    relay.follower.set_paces(paces);
    CHECK(eventually([&] { return relay.seen<observe::HoldsExpired>().size() == 1; }));
}

TEST_CASE("source: a row that somebody keeps locked delays its sales and no change", "[source]") {
    const Database database;
    database.seed(1, 2);
    Db db{database.url()};
    queue(db, "S1", "q", 1, 1);
    Db holder{database.url()};
    holder.run("begin");
    holder.run("select from inventory.inventory_stock where product_id = 1 for update");
    const Running relay{with_chores(database)};
    REQUIRE(relay.becomes_relay());
    const auto failures = [&] { return relay.seen<observe::ChoreFailed>(); };
    REQUIRE(eventually([&] { return connections(db, "wait_event_type = 'Lock'") == "1"; }));
    db.run("update inventory.inventory_stock set on_hand = 7 where product_id = 2");
    CHECK(eventually([&] { return relay.sink.on_hand(1, 2) == 7; }));
    REQUIRE(eventually([&] { return failures().size() == 2; }));
    CHECK(failures().front().chore == "sync");
    CHECK(failures().front().error.sqlstate == "55P03");
    CHECK_FALSE(failures().at(0).again);
    CHECK(failures().at(1).again);
    CHECK(pending(db) == "1");
    CHECK(relay.follower.status().reconnects == 0);
    holder.run("commit");
    CHECK(eventually([&] { return relay.sink.on_hand(1, 1) == 99; }));
}

TEST_CASE(
    "source: a lost connection for chores is opened again, and the session goes on", "[source]"
) {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    const Running relay{with_chores(database)};
    REQUIRE(eventually([&] { return connections(db, "state = 'idle'") == "1"; }));
    database.cut_followers("stockd chores");
    REQUIRE(eventually([&] { return relay.seen<observe::ChoreFailed>().size() == 1; }));
    CHECK(relay.seen<observe::ChoreFailed>().front().chore == "connection");
    queue(db, "S1", "q", 1, 1);
    CHECK(eventually([&] { return relay.sink.on_hand(1, 1) == 99; }));
    CHECK(relay.follower.status().is_relay);
    CHECK(relay.follower.status().reconnects == 0);
}

TEST_CASE("source: a follower that stops while it does chores ends at once", "[source]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    queue(db, "S1", "q", 1, 1);
    Db holder{database.url()};
    holder.run("begin");
    holder.run("select from inventory.inventory_stock for update");
    Running relay{with_chores(database)};
    REQUIRE(eventually([&] { return connections(db, "wait_event_type = 'Lock'") == "1"; }));
    relay.follower.stop();
    CHECK(relay.seen<observe::QueueSynced>().empty());
    holder.run("commit");
    CHECK(db.value("select inventory.position() is not null") == "t");
}

}  // namespace stockd::source::test
