#include "harness.hpp"

#include <catch2/catch.hpp>

#include <thread>

namespace stockd::source::test {

TEST_CASE("source: a follower loads what is there and patches what changes", "[source]") {
    const Database database;
    database.seed(2, 3);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    CHECK(same_rows(running.sink.copy(), tables(db)));

    db.run("update inventory.inventory_stock set on_hand = 42 where store_id = 1 and product_id = 2"
    );
    CHECK(eventually([&] { return running.sink.on_hand(1, 2) == 42; }));
    db.run("delete from inventory.inventory_stock where store_id = 2 and product_id = 3");
    CHECK(eventually([&] { return running.sink.on_hand(2, 3) == -1; }));
    db.run("update inventory.products set name = 'New' where product_id = 1");
    db.run(
        "update inventory.inventory_stock set low_stock_threshold = 5, allow_negative = true where "
        "product_id = 1"
    );
    db.run("insert into inventory.stores (code, name) values ('S9', 'Nine')");
    db.run("delete from inventory.stores where code = 'S9'");
    db.run("update inventory.stores set active = false where code = 'S2'");
    CHECK(eventually([&] { return same_rows(running.sink.copy(), tables(db)); }));
    CHECK(running.sink.loads() == 1);
}

TEST_CASE("source: an empty database is followed too", "[source]") {
    const Database database;
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    database.seed(1, 1);
    CHECK(eventually([&] { return running.sink.on_hand(1, 1) == 100; }));
}

TEST_CASE(
    "source: each of many single changes wakes a parked relay, with no backstop", "[source]"
) {
    const Database database;
    database.seed(1, 1);
    const Running running{only_notifications(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    for (int i = 1; i <= 50; ++i) {
        const auto parks = running.follower.status().parks;
        db.run(
            "update inventory.inventory_stock set on_hand = $1 where product_id = 1",
            {std::to_string(i)}
        );
        REQUIRE(eventually([&] { return running.sink.on_hand(1, 1) == i; }, 1s));
        REQUIRE(eventually([&] { return running.follower.status().parks > parks; }, 1s));
    }
    CHECK(running.follower.status().rings >= 40);
}

TEST_CASE("source: a quiet database that answers makes no copy stale", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backstop = 0ms;
    options.canary_every = 0ms;
    options.audit_rows_per_s = 0;
    options.stale_after = 1500ms;  // the sign of life comes every second
    const Running running{options};
    REQUIRE(running.becomes_relay());
    bool stale = false;
    CHECK(eventually([&] {
        const auto fresh = running.follower.freshness();
        stale = stale || fresh.stale;
        return fresh.age > 4s;
    }));
    CHECK_FALSE(stale);
}

TEST_CASE("source: a writer that does not ring is read by the backstop", "[source]") {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.backstop = 300ms;
    options.canary_every = 0ms;
    const Running running{options};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("set inventory.ring = off");
    db.run("update inventory.inventory_stock set on_hand = 3");
    CHECK(eventually([&] { return running.sink.on_hand(1, 1) == 3; }, 2s));
}

TEST_CASE(
    "source: one statement over all rows, larger than any one answer, arrives whole", "[source]"
) {
    const Database database;
    database.seed(5, 2000);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("update inventory.inventory_stock set on_hand = on_hand + product_id");
    CHECK(eventually([&] { return same_rows(running.sink.copy(), tables(db)); }, 30s));
    db.run("truncate inventory.inventory_stock");
    CHECK(eventually([&] { return running.sink.copy().stock.empty(); }, 30s));
    CHECK(running.sink.loads() == 1);
}

TEST_CASE(
    "source: concurrent writers of every kind leave the copy equal to the tables", "[source]"
) {
    const Database database;
    database.seed(3, 20);
    const Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    std::vector<std::thread> writers;
    writers.reserve(6);
    for (int w = 0; w < 6; ++w) {
        writers.emplace_back([&database, w] {
            Db db{database.url()};
            for (int i = 0; i < 60; ++i) {
                const auto product = std::to_string(1 + (w * 7 + i) % 20);
                switch ((w + i) % 5) {
                    case 0:
                        db.run(
                            "update inventory.inventory_stock set on_hand = on_hand + 1 where "
                            "product_id = $1",
                            {product}
                        );
                        break;
                    case 1:
                        db.run(
                            "insert into inventory.stock_ledger (store_id, product_id, kind, "
                            "on_hand_delta) "
                            "values (1, $1, 'purchase', 3)",
                            {product}
                        );
                        break;
                    case 2:
                        (void)db.connection().exec(
                            "delete from inventory.inventory_stock where store_id = 3 and "
                            "product_id = $1",
                            {product}
                        );
                        break;
                    case 3:
                        db.run(
                            "insert into inventory.inventory_stock (store_id, product_id, on_hand) "
                            "values (3, $1, 9) "
                            "on conflict do nothing",
                            {product}
                        );
                        break;
                    default:
                        db.run("begin");
                        db.run(
                            "update inventory.inventory_stock set on_hand = 0 where store_id = 2 "
                            "and product_id = $1",
                            {product}
                        );
                        db.run(i % 2 == 0 ? "rollback" : "commit");
                }
            }
        });
    }
    for (auto& writer : writers) {
        writer.join();
    }
    Db db{database.url()};
    CHECK(eventually([&] { return same_rows(running.sink.copy(), tables(db)); }));
    CHECK(running.sink.loads() == 1);
}

}  // namespace stockd::source::test
