#include "cli/watch_view.hpp"

#include <catch2/catch.hpp>

using namespace stockd::cli;

namespace {

FeedRow sale(std::int64_t version, std::int64_t on_hand) {
    FeedRow row;
    row.is_movement = true;
    row.type = "sale";
    row.store = "LON";
    row.sku = "A1";
    row.on_hand_delta = -3;
    row.on_hand_after = on_hand;
    row.reserved_after = 2;
    row.version = version;
    row.actor = "anna";
    row.reference = "order 7";
    row.recorded_at = "2026-01-02T03:04:05.678Z";
    row.ticket = "900";
    return row;
}

FeedRow renamed() {
    FeedRow row;
    row.type = "product_updated";
    row.sku = "A1";
    row.changes =
        R"([{"field":"name","oldValue":"Apple","newValue":"Apfel"},{"field":"active","oldValue":null,"newValue":true}])";
    row.actor = "bert\x1b";
    row.recorded_at = "2026-01-02T03:04:05.678Z";
    return row;
}

}  // namespace

TEST_CASE("cli: a movement is one line", "[cli]") {
    CHECK(
        render_line(sale(12, 44)) ==
        "2026-01-02T03:04:05.678Z  LON  A1  -3 -> 44 on hand, 42 available  sale  v12  by anna: "
        "order 7\n"
    );
    auto reservation = sale(13, 44);
    reservation.type = "reservation";
    reservation.on_hand_delta = 0;
    reservation.reserved_delta = 2;
    CHECK(render_line(reservation).find("A1  reserved +2 -> 44 on hand") != std::string::npos);
}

TEST_CASE("cli: an event is one line that says what changed, without control characters", "[cli]") {
    CHECK(
        render_line(renamed()) ==
        "2026-01-02T03:04:05.678Z  -  A1  product_updated  name \"Apple\" -> \"Apfel\", active "
        "null -> true  by bert?\n"
    );
    auto broken = renamed();
    broken.changes = "{";
    CHECK(render_line(broken).find("product_updated  {  by") != std::string::npos);
}

TEST_CASE("cli: a change as JSON has stockd's field names", "[cli]") {
    CHECK(
        render_json(sale(12, 44)) ==
        R"({"source":"movement","type":"sale","storeId":"LON","productId":"A1","onHandDelta":-3,"reservedDelta":0,"onHand":44,)"
        R"("reserved":2,"available":42,"version":12,"reason":null,"reference":"order 7","actor":"anna",)"
        R"("recordedAt":"2026-01-02T03:04:05.678Z","ticket":"900"})"
    );
    CHECK(
        render_json(renamed()) ==
        R"({"source":"event","type":"product_updated","storeId":null,"productId":"A1",)"
        R"("changes":[{"field":"name","oldValue":"Apple","newValue":"Apfel"},{"field":"active","oldValue":null,"newValue":true}],)"
        R"("actor":"bert\u001b","recordedAt":"2026-01-02T03:04:05.678Z","ticket":""})"
    );
}

TEST_CASE("cli: a price is shown as PostgreSQL gave it", "[cli]") {
    auto row = renamed();
    row.changes =
        R"([{"field": "base_price", "newValue": 123456789012.123456, "oldValue": 2.550000}])";
    CHECK(
        render_line(row).find("base_price 2.550000 -> 123456789012.123456  by") != std::string::npos
    );
    CHECK(
        render_json(row).find(
            R"("changes":[{"field":"base_price","newValue":123456789012.123456,"oldValue":2.550000}])"
        ) != std::string::npos
    );
}

TEST_CASE("cli: the live table shows the newest change first and never an older version", "[cli]") {
    WatchTable table;
    table.set("PAR", "A1", 50, 0, 1, "2026-01-01T00:00:00.000Z");
    table.apply(sale(12, 44));
    table.apply(sale(11, 47));
    const auto text = table.render(20, 200, "heading");
    CHECK(text.find("heading\n\nSTORE") == 0);
    CHECK(text.find("47") == std::string::npos);
    CHECK(text.find("LON") < text.find("PAR"));
    CHECK(text.find("03:04:05.678  -3 sale, by anna: order 7") != std::string::npos);
}

TEST_CASE("cli: the live table fits into the terminal", "[cli]") {
    WatchTable table;
    for (int i = 0; i < 2000; ++i) {
        auto row = sale(1, i);
        row.sku = "SKU" + std::to_string(i);
        table.apply(row);
    }
    table.say("one");
    table.say("two\n");
    const auto text = table.render(10, 40, "heading");
    CHECK(std::count(text.begin(), text.end(), '\n') <= 9);
    std::size_t from = 0;
    while (from < text.size()) {
        const auto end = text.find('\n', from);
        CHECK(end - from <= 40);
        from = end + 1;
    }
    CHECK(text.find("SKU1999") != std::string::npos);
    CHECK(text.ends_with("one\ntwo\n"));
}
