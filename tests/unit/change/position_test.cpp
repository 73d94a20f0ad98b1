#include "change/position.hpp"

#include <catch2/catch.hpp>

using namespace stockd::change;

namespace {

const std::string kText = "s1.0123456789abcdef.1000.2000.10:20:10,14";

}

TEST_CASE("position: its text is read and written unchanged", "[position]") {
    const auto position = parse_position(kText);
    REQUIRE(position.has_value());
    CHECK(position->since.unix_us == 1000);
    CHECK(position->taken.unix_us == 2000);
    CHECK(to_string(*position) == kText);
}

TEST_CASE("position: what is not a position is refused", "[position]") {
    const std::string text = GENERATE(
        as<std::string>{},
        "",
        "s1",
        "s2.0123456789abcdef.1.2.1:2:",
        "s1.0123456789ABCDEF.1.2.1:2:",
        "s1.0123.1.2.1:2:",
        "s1.0123456789abcdef.x.2.1:2:",
        "s1.0123456789abcdef.1.2",
        "s1.0123456789abcdef.1.2.1:2"
    );
    CHECK_FALSE(parse_position(text).has_value());
}

TEST_CASE("position: the hash follows what is visible and not the clock", "[position]") {
    auto a = *parse_position(kText);
    auto b = a;
    b.taken.unix_us += 5;
    CHECK(short_hash(a) == short_hash(b));
    CHECK(short_hash(a).size() == 12);
    b.snapshot.xip.pop_back();
    CHECK(short_hash(a) != short_hash(b));
}

TEST_CASE("position: since moves on only past transactions that have ended", "[position]") {
    const auto from = *parse_position(kText);
    CHECK(next_since(from, *parse_snapshot("30:30:"), {3000}).unix_us == 3000);
    CHECK(next_since(from, *parse_snapshot("25:30:25"), {3000}).unix_us == 2000);
    CHECK(next_since(from, *parse_snapshot("14:30:14,25"), {3000}).unix_us == 1000);
}

TEST_CASE(
    "position: a clock that was set back leaves no since, until all have ended", "[position]"
) {
    const auto from = *parse_position(kText);
    CHECK(next_since(from, *parse_snapshot("30:30:"), {500}).unix_us == 500);
    CHECK(next_since(from, *parse_snapshot("25:30:25"), {500}).unix_us == 0);
    CHECK(next_since(from, *parse_snapshot("14:30:14,25"), {500}).unix_us == 0);
}
