/// Two things that happen at the same moment, each brought about for certain.
#include "harness.hpp"
#include "source/statements.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <optional>
#include <thread>

namespace stockd::source::test {

namespace {

/// A statement of this text waits for a lock.
bool waits_for_a_lock(Db& db, const std::string& words) {
    return db.value(
               "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and "
               "query like '%' || $1 || '%')::text",
               {words}
           ) == "true";
}

}  // namespace

TEST_CASE("source: what others tell during a load does not hold the load up", "[source]") {
    const Database database;
    database.seed(20, 1000);  // takes many turns to read
    Db db{database.url()};
    // At the last moment before the load, so that it waits and nothing before it does.
    const auto block_the_load = [&](const observe::Observation& seen) {
        const auto* changed = std::get_if<observe::StateChanged>(&seen);
        if (changed != nullptr && changed->to == name_of(State::kLoading)) {
            db.run("begin");
            db.run("lock table inventory.products in access exclusive mode");
        }
    };
    MapSink sink;
    Follower follower{options_for(database), sink, observe::Observer{{block_the_load}}};
    follower.start();
    Db other{database.url()};
    REQUIRE(eventually([&] { return waits_for_a_lock(other, "lock table"); }));
    REQUIRE(follower.status().state == State::kLoading);
    other.run("notify inventory_changes, 'from somebody'");
    db.run("commit");
    CHECK(eventually([&] { return follower.status().state == State::kLive; }));
    follower.stop();
}

TEST_CASE("source: a drain that meets a TRUNCATE is of before or of after it", "[source]") {
    const Database database;
    database.seed(1, 1);
    Db db{database.url()};
    const auto from = change::parse_position(db.value("select inventory.position()"));
    REQUIRE(from.has_value());
    db.run("update inventory.inventory_stock set on_hand = 5");
    db.run("begin");
    db.run("truncate inventory.inventory_stock");
    const auto truncated = db.value("select pg_current_xact_id()::text");

    std::optional<std::string> position;
    bool is_gone = false;
    std::thread reader{[&] {
        Db drain{database.url()};
        const auto rows = drain.run(
            sql::kDrain,
            {std::to_string(from->snapshot.xmax), "{}", std::to_string(from->since.unix_us)}
        );
        for (int row = 0; row < rows.size(); ++row) {
            if (rows.text(row, 0) == "P") {
                const auto detail = boost::json::parse(rows.text(row, 9));
                position = std::string(detail.at("snapshot").as_string());
            } else if (rows.text(row, 0) == "S") {
                is_gone = rows.is_null(row, 7);
            }
        }
    }};
    Db watcher{database.url()};
    const bool met = eventually([&] { return waits_for_a_lock(watcher, "_drain("); });
    db.run("commit");
    reader.join();
    REQUIRE(met);
    REQUIRE(position);
    const bool covers =
        watcher.value(
            "select pg_visible_in_snapshot($1::xid8, $2::pg_snapshot)::text", {truncated, *position}
        ) == "true";
    CHECK(is_gone == covers);
}

}  // namespace stockd::source::test
