#include "source/canary.hpp"

#include <catch2/catch.hpp>

namespace stockd::source {

using namespace std::chrono_literals;

namespace {

constexpr base::SteadyTime kStart{1h};

change::Uuid nonce(std::uint8_t number) {
    change::Uuid uuid{};
    uuid[15] = number;
    return uuid;
}

}  // namespace

TEST_CASE("source: a canary that comes back proves the way", "[source]") {
    CanaryWatch watch{2s, 5s};
    watch.restart(kStart);
    CHECK(watch.due() == kStart);
    CHECK_FALSE(watch.is_proven());
    watch.written(nonce(1), kStart);
    CHECK(watch.due() == kStart + 2s);
    const auto took = watch.seen(nonce(1), kStart + 3ms);
    REQUIRE(took.has_value());
    CHECK(*took == 3ms);
    CHECK(watch.is_proven());
    CHECK(watch.last_seen() == nonce(1));
}

TEST_CASE("source: somebody else's canary proves nothing", "[source]") {
    CanaryWatch watch{2s, 5s};
    watch.restart(kStart);
    watch.written(nonce(1), kStart);
    CHECK_FALSE(watch.seen(nonce(9), kStart).has_value());
    CHECK_FALSE(watch.is_mine(nonce(9)));
    CHECK(watch.is_mine(nonce(1)));
    CHECK_FALSE(watch.is_proven());
}

TEST_CASE(
    "source: a canary that stays out is late once, counted from the first one out", "[source]"
) {
    CanaryWatch watch{2s, 5s};
    watch.restart(kStart);
    watch.written(nonce(1), kStart);
    watch.written(nonce(2), kStart + 2s);
    watch.written(nonce(3), kStart + 4s);
    CHECK_FALSE(watch.became_late(kStart + 4900ms));
    CHECK(watch.late_at() == kStart + 5s);
    CHECK(watch.became_late(kStart + 5s));
    CHECK(watch.is_late());
    CHECK_FALSE(watch.became_late(kStart + 6s));
    CHECK_FALSE(watch.seen(nonce(1), kStart + 6s).has_value());
    CHECK(watch.seen(nonce(3), kStart + 6s).has_value());
    CHECK_FALSE(watch.is_late());
}

TEST_CASE("source: without canaries there is nothing to prove", "[source]") {
    CanaryWatch watch{0ms, 5s};
    watch.restart(kStart);
    CHECK(watch.is_proven());
    CHECK(watch.due() == base::SteadyTime::max());
    CHECK(watch.late_at() == base::SteadyTime::max());
}

}  // namespace stockd::source
