#include "importer/line_ranges.hpp"

#include <catch2/catch.hpp>

using stockd::importer::LineRanges;

TEST_CASE("importer: applied lines are those of the multirange", "[importer]") {
    auto ranges = LineRanges::parse("{[2,4),[10,11)}");
    CHECK_FALSE(ranges.contains(1));
    CHECK(ranges.contains(2));
    CHECK(ranges.contains(3));
    CHECK_FALSE(ranges.contains(4));
    CHECK(ranges.contains(10));
    CHECK_FALSE(ranges.contains(11));
    CHECK_FALSE(ranges.contains(1000));
}

TEST_CASE("importer: nothing was applied before a first import", "[importer]") {
    CHECK_FALSE(LineRanges::parse("{}").contains(1));
    CHECK_FALSE(LineRanges::parse("").contains(1));
}
