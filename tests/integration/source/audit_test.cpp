#include "harness.hpp"

#include <catch2/catch.hpp>

#include <thread>

namespace stockd::source::test {

namespace {

SourceOptions auditing(const Database& database) {
    auto options = options_for(database);
    options.audit_rows_per_s = 100'000;
    options.audit_chunk_rows = 50;
    options.audit_pass_every = 20ms;
    return options;
}

}  // namespace

TEST_CASE(
    "source: an audit finds and heals exactly what was changed behind the feed's back", "[source]"
) {
    const Database database;
    database.seed(3, 100);
    const Running running{auditing(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    db.run("begin");
    db.run("alter table inventory.inventory_stock disable trigger all");
    db.run("update inventory.inventory_stock set on_hand = 1 where store_id = 2 and product_id = 77"
    );
    db.run("alter table inventory.inventory_stock enable trigger all");
    db.run("commit");
    REQUIRE(eventually([&] { return running.sink.on_hand(2, 77) == 1; }));
    REQUIRE(eventually([&] { return running.seen<observe::AuditPassed>().size() >= 3; }));
    CHECK(running.follower.status().drift == 1);
    const auto healed = running.seen<observe::DriftHealed>();
    REQUIRE(healed.size() == 1);
    CHECK(healed.front().in_memory == "100");
    CHECK(healed.front().in_database == "1");
    CHECK(same_rows(running.sink.copy(), tables(db)));
}

TEST_CASE("source: an audit under writers finds no drift where there is none", "[source]") {
    const Database database;
    database.seed(2, 100);
    const Running running{auditing(database)};
    REQUIRE(running.becomes_relay());
    Db db{database.url()};
    const auto passes = running.seen<observe::AuditPassed>().size();
    int i = 0;
    while (running.seen<observe::AuditPassed>().size() < passes + 5) {
        ++i;
        REQUIRE(i < 20'000);
        db.run(
            "update inventory.inventory_stock set on_hand = on_hand + 1 where product_id = $1",
            {std::to_string(1 + i % 100)}
        );
    }
    CHECK(running.follower.status().drift == 0);
    CHECK(running.seen<observe::AuditPassed>().back().rows >= 300);
}

TEST_CASE(
    "source: a copy that was neither loaded nor audited for its TTL is loaded again", "[source]"
) {
    const Database database;
    database.seed(1, 1);
    auto options = options_for(database);
    options.ttl = 200ms;
    SECTION("no audit: loads") {
        const Running running{options};
        REQUIRE(eventually([&] { return running.sink.loads() >= 3; }));
        CHECK(running.seen<observe::Loaded>().back().reason == observe::LoadReason::kTtl);
        CHECK(running.seen<observe::StateChanged>().size() == 4);
    }
    SECTION("audit passes: does not") {
        options.audit_rows_per_s = 100'000;
        options.audit_pass_every = 50ms;
        const Running running{options};
        REQUIRE(eventually([&] { return running.seen<observe::AuditPassed>().size() >= 20; }));
        CHECK(running.sink.loads() == 1);
    }
}

}  // namespace stockd::source::test
