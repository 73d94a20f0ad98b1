#include "source/backoff.hpp"

#include <catch2/catch.hpp>

namespace stockd::source {

using namespace std::chrono_literals;

TEST_CASE("source: pauses between attempts stay under a doubling cap", "[source]") {
    const auto seed = GENERATE(take(20, random(0, 1'000'000)));
    Backoff backoff{100ms, 30s, static_cast<std::uint64_t>(seed)};
    auto cap = std::chrono::milliseconds{100};
    for (int i = 0; i < 20; ++i) {
        const auto pause = backoff.next();
        CHECK(pause >= 0ms);
        CHECK(pause <= cap);
        cap = std::min<std::chrono::milliseconds>(cap * 2, 30s);
    }
    backoff.reset();
    CHECK(backoff.next() <= 100ms);
}

TEST_CASE("source: two daemons do not come back at the same time", "[source]") {
    Backoff one{100ms, 30s, 1};
    Backoff other{100ms, 30s, 2};
    int different = 0;
    for (int i = 0; i < 20; ++i) {
        different += one.next() != other.next() ? 1 : 0;
    }
    CHECK(different >= 18);
}

}  // namespace stockd::source
