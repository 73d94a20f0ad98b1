#include "change/snapshot.hpp"

#include <catch2/catch.hpp>

using namespace stockd::change;

TEST_CASE("snapshot: the text of pg_snapshot is read and written unchanged", "[snapshot]") {
    const std::string text = GENERATE(as<std::string>{}, "748:748:", "10:20:10,14,15", "3:4:3");
    const auto snapshot = parse_snapshot(text);
    REQUIRE(snapshot.has_value());
    CHECK(to_string(*snapshot) == text);
}

TEST_CASE("snapshot: a transaction is covered when it ended before the snapshot", "[snapshot]") {
    const auto snapshot = *parse_snapshot("10:20:10,14,15");
    CHECK(snapshot.covers(9));
    CHECK_FALSE(snapshot.covers(10));
    CHECK(snapshot.covers(11));
    CHECK_FALSE(snapshot.covers(15));
    CHECK(snapshot.covers(19));
    CHECK_FALSE(snapshot.covers(20));
}

TEST_CASE("snapshot: what is not a pg_snapshot is refused", "[snapshot]") {
    const std::string text = GENERATE(
        as<std::string>{},
        "",
        ":",
        "1:2",
        "0:2:",
        "3:2:",
        "1:2:x",
        "1:9:3,3",
        "1:9:5,4",
        "1:9:9",
        "5:9:4",
        "1:9:2,",
        "1:9:,2",
        "1:9:2 ",
        "-1:9:",
        "1:99999999999999999999999:"
    );
    CHECK_FALSE(parse_snapshot(text).has_value());
}
