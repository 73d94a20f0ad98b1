#include "base/units.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace stockd::base;

TEST_CASE("units: a quantity breaks down into whole boxes, packs and pieces", "[units]") {
    CHECK(break_down(125, {10, 6}) == Breakdown{2, 0, 5});
    CHECK(break_down(59, {10, 6}) == Breakdown{0, 5, 9});
    CHECK(break_down(7, {1, 1}) == Breakdown{7, 0, 0});
    CHECK(break_down(0, {10, 6}) == Breakdown{});
}

TEST_CASE("units: a negative quantity breaks down into zeros", "[units]") {
    CHECK(break_down(-1, {10, 6}) == Breakdown{});
    CHECK(break_down(std::numeric_limits<std::int64_t>::min(), {10, 6}) == Breakdown{});
}

TEST_CASE("units: a box too large for 64 bits is never full", "[units]") {
    const auto max = std::numeric_limits<std::int64_t>::max();
    CHECK(break_down(max, {max, max}) == Breakdown{0, 1, 0});
}

TEST_CASE("units: a conversion that overflows is nothing, not a wrong number", "[units]") {
    const auto max = std::numeric_limits<std::int64_t>::max();
    CHECK(to_pieces(5, Unit::kBox, {10, 6}) == 300);
    CHECK(to_pieces(5, Unit::kPack, {10, 6}) == 50);
    CHECK(to_pieces(max, Unit::kPiece, {10, 6}) == max);
    CHECK_FALSE(to_pieces(max, Unit::kPack, {10, 6}));
    CHECK_FALSE(to_pieces(2, Unit::kBox, {max / 2, 2}));
}

TEST_CASE("units: only box, pack and piece are units", "[units]") {
    CHECK(parse_unit("box") == Unit::kBox);
    CHECK_FALSE(parse_unit("Box"));
    CHECK_FALSE(parse_unit(""));
}
