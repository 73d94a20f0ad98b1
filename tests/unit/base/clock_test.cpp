#include "base/clock.hpp"

#include <catch2/catch.hpp>

using namespace stockd::base;

TEST_CASE("clock: a timestamp prints as ISO 8601 in UTC with milliseconds", "[clock]") {
    CHECK(to_iso8601({0}) == "1970-01-01T00:00:00.000Z");
    CHECK(to_iso8601({1737628200123456}) == "2025-01-23T10:30:00.123Z");
    CHECK(to_iso8601({951782400000000}) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("clock: a time before 1970 rounds down, not towards zero", "[clock]") {
    CHECK(to_iso8601({-1}) == "1969-12-31T23:59:59.999Z");
}
