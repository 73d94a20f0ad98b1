#include "harness.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <thread>

/// A load that reads the stock table over two connections, as all of these tests do: for their
/// options every table is a large one.
namespace stockd::source::test {

namespace {

constexpr const char* kSecond = "application_name like '% load 2' and datname = current_database()";

/// Does something before one of a load's rows, once.
struct Once {
    std::atomic<int> rows_to_go;
    std::function<void()> work;

    void operator()() {
        if (rows_to_go.fetch_sub(1) == 0) {
            work();
        }
    }
};

}  // namespace

TEST_CASE("source: a load over two connections has each row once", "[source]") {
    const Database database;
    database.seed(3, 700);
    Db db{database.url()};
    std::string seconds;
    Once once{
        {2}, [&] {
            seconds =
                db.value(std::string{"select count(*) from pg_stat_activity where "} + kSecond);
            // Of another snapshot than the load's: what the two read is of one.
            db.run("update inventory.inventory_stock set on_hand = 7");
            db.run("delete from inventory.inventory_stock where product_id % 3 = 0");
        }};
    const Running running{
        options_for(database), [&](MapSink& sink) { sink.during_load = [&once] { once(); }; }};
    REQUIRE(running.becomes_relay());
    CHECK(seconds == "1");
    CHECK(running.seen<observe::Loaded>().front().stock_rows == 2100);
    CHECK(same_rows(running.sink.copy(), tables(db)));
    CHECK(db.value(std::string{"select count(*) from pg_stat_activity where "} + kSecond) == "0");
}

TEST_CASE("source: the rows of a load over two connections are of one moment", "[source]") {
    const Database database;
    database.seed(20, 2000);
    Db db{database.url()};
    std::vector<std::int64_t> sums;
    Running running{options_for(database), [&](MapSink& sink) {
                        sink.as_read = [&](const Copy& copy) {
                            sums.push_back(0);
                            for (const auto& [key, row] : copy.stock) {
                                sums.back() += row.on_hand;
                            }
                        };
                    }};
    REQUIRE(running.becomes_relay());
    // From stock rows that one connection reads to those that the other one reads.
    std::atomic<bool> over{false};
    std::thread mover{[&] {
        Db writer{database.url()};
        for (int product = 1; !over; product = product % 2000 + 1) {
            writer.run(
                "update inventory.inventory_stock as s "
                "set on_hand = on_hand + case store_id when 1 then -1 else 1 end "
                "where (store_id, product_id) in ((1, $1::bigint), (20, 2001 - $1::bigint))",
                {std::to_string(product)}
            );
        }
    }};
    for (int i = 0; i < 10; ++i) {
        std::atomic<bool> done{false};
        running.follower.refresh([&](const auto&) { done = true; });
        CHECK(eventually([&] { return done.load(); }));
    }
    over = true;
    mover.join();
    CHECK(sums == std::vector<std::int64_t>(11, std::int64_t{20} * 2000 * 100));
}

TEST_CASE("source: a load whose second connection ends begins again", "[source]") {
    const Database database;
    database.seed(20, 2000);  // more than sockets hold: it is still sending
    Db db{database.url()};
    Once once{{10}, [&] {
                  db.run(
                      std::string{"select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                                  "where "} +
                      kSecond
                  );
              }};
    const Running running{
        options_for(database), [&](MapSink& sink) { sink.during_load = [&once] { once(); }; }};
    REQUIRE(running.becomes_relay());
    CHECK(running.seen<observe::LoadFailed>().size() == 1);
    CHECK(running.sink.loads() == 1);
    CHECK(same_rows(running.sink.copy(), tables(db)));
}

TEST_CASE("source: a load reads alone where somebody waits to have the stock table", "[source]") {
    const Database database;
    database.seed(1, 100);
    Running running{options_for(database)};
    REQUIRE(running.becomes_relay());
    // Whenever the load has its lock, one of these waits behind it, and who comes next behind that.
    std::atomic<bool> over{false};
    std::vector<std::thread> lockers;
    for (int i = 0; i < 3; ++i) {
        lockers.emplace_back([&] {
            Db db{database.url()};
            while (!over) {
                db.run("begin");
                db.run("lock table inventory.inventory_stock in access exclusive mode");
                db.run("commit");
            }
        });
    }
    for (int i = 0; i < 10; ++i) {
        std::atomic<bool> done{false};
        running.follower.refresh([&](const auto&) { done = true; });
        CHECK(eventually([&] { return done.load(); }));
    }
    over = true;
    for (auto& locker : lockers) {
        locker.join();
    }
    CHECK(running.sink.loads() == 11);
}

}  // namespace stockd::source::test
