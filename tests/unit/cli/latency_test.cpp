#include "cli/latency.hpp"

#include "cli/told.hpp"

#include <catch2/catch.hpp>

namespace stockd::cli {

TEST_CASE("cli: percentiles are by nearest rank", "[cli]") {
    CHECK(percentiles_of({}).count == 0);
    const auto one = percentiles_of({Microseconds(7)});
    CHECK(one.p50 == Microseconds(7));
    CHECK(one.p99 == Microseconds(7));
    std::vector<Microseconds> times;
    for (int i = 200; i >= 1; --i) {
        times.emplace_back(i);
    }
    const auto many = percentiles_of(times);
    CHECK(many.count == 200);
    CHECK(many.p50 == Microseconds(100));
    CHECK(many.p95 == Microseconds(190));
    CHECK(many.p99 == Microseconds(198));
    CHECK(many.max == Microseconds(200));
    CHECK(describe(many) == "p50 0.10 ms  p95 0.19 ms  p99 0.20 ms  max 0.20 ms");
}

TEST_CASE(
    "cli: a broadcast tells of a version when it names the product with at least that version",
    "[cli]"
) {
    const auto* payload =
        R"({"position":"x","changes":[{"sku":"a","store":"s","version":5},{"sku":"b","store":"s","version":7}]})";
    CHECK(tells_of(payload, "a", 5) == Told::kYes);
    CHECK(tells_of(payload, "a", 4) == Told::kYes);
    CHECK(tells_of(payload, "a", 6) == Told::kNo);
    CHECK(tells_of(payload, "c", 1) == Told::kNo);
    CHECK(tells_of(R"({"position":"x","many":true})", "a", 1) == Told::kMany);
    for (const auto* bad :
         {"",
          "[]",
          "{",
          R"({"changes":7})",
          R"({"changes":[7,{"sku":1,"version":1},{"sku":"a"}]})"}) {
        CHECK(tells_of(bad, "a", 1) == Told::kNo);
    }
}

}  // namespace stockd::cli
