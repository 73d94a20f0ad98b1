#include "importer/line_ranges.hpp"

#include <catch2/catch.hpp>

using stockd::importer::LineRanges;

TEST_CASE("importer: applied lines are those of the multirange", "[importer]") {
    auto parsed = LineRanges::parse("{[2,4),[10,11)}");
    REQUIRE(parsed.has_value());
    auto& ranges = *parsed;
    CHECK_FALSE(ranges.contains(1));
    CHECK(ranges.contains(2));
    CHECK(ranges.contains(3));
    CHECK_FALSE(ranges.contains(4));
    CHECK(ranges.contains(10));
    CHECK_FALSE(ranges.contains(11));
    CHECK_FALSE(ranges.contains(1000));
}

TEST_CASE("importer: nothing was applied before a first import", "[importer]") {
    for (const auto* none : {"{}", ""}) {
        auto ranges = LineRanges::parse(none);
        REQUIRE(ranges.has_value());
        CHECK_FALSE(ranges->contains(1));
    }
}

TEST_CASE("importer: text that is no multirange is an error, and ends nothing", "[importer]") {
    for (const auto* text :
         {"{",
          "[2,4)",
          "{[",
          "{[2",
          "{[2,",
          "{[2,4",
          "{[2,4)",
          "{[2,4]}",
          "{(2,4)}",
          "{(,4)}",
          "{[2,)}",
          "{[-2,4)}",
          "{[2,4)[10,11)}",
          "{,[2,4)}",
          "{[2,4)} ",
          "{[2,99999999999999999999)}"}) {
        const auto ranges = LineRanges::parse(text);
        REQUIRE(ranges.has_error());
        CHECK(ranges.error().code == stockd::base::ErrorCode::kInternal);
    }
}
