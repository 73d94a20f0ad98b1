#include "source/doorbell.hpp"

#include <catch2/catch.hpp>

namespace stockd::source {

using namespace std::chrono_literals;
using Step = Doorbell::Step;

namespace {

constexpr base::SteadyTime kStart{1h};
constexpr auto kPace = 8ms;

/// Drains empty, is granted the lock, drains empty again.
void park(Doorbell& bell, base::SteadyTime now) {
    REQUIRE(bell.next(now).step == Step::kDrain);
    bell.drained(false, 0, now);
    REQUIRE(bell.next(now).step == Step::kTryLock);
    bell.lock_tried(true, now);
    REQUIRE(bell.next(now).step == Step::kDrain);
    bell.drained(false, 0, now);
    REQUIRE(bell.parked());
}

}  // namespace

TEST_CASE("source: the relay drains once more between the grant and its sleep", "[source]") {
    Doorbell bell{1s, 100, kPace};
    bell.drained(false, 0, kStart);
    bell.lock_tried(true, kStart);
    CHECK(bell.holds_lock());
    CHECK_FALSE(bell.parked());
    CHECK(bell.next(kStart).step == Step::kDrain);

    SECTION("nothing came: parked until the backstop") {
        bell.drained(false, 0, kStart);
        CHECK(bell.parked());
        CHECK(bell.next(kStart).step == Step::kRest);
        CHECK(bell.next(kStart).until == kStart + 1s);
    }
    SECTION("something came: unlocks and is awake") {
        bell.drained(true, 0, kStart);
        CHECK(bell.next(kStart).step == Step::kUnlock);
        bell.unlocked(kStart);
        CHECK_FALSE(bell.holds_lock());
        CHECK(bell.next(kStart).step == Step::kDrain);
    }
}

TEST_CASE("source: a ring and the backstop both end the sleep with an unlock", "[source]") {
    Doorbell bell{1s, 100, kPace};
    park(bell, kStart);
    SECTION("ring") {
        bell.rang(kStart + 10ms);
        CHECK(bell.next(kStart + 10ms).step == Step::kUnlock);
    }
    SECTION("backstop") {
        CHECK(bell.next(kStart + 999ms).step == Step::kRest);
        CHECK(bell.next(kStart + 1s).step == Step::kUnlock);
    }
}

TEST_CASE("source: without a backstop only a ring ends the sleep", "[source]") {
    Doorbell bell{0ms, 100, kPace};
    park(bell, kStart);
    CHECK(bell.next(kStart + 24h).step == Step::kRest);
}

TEST_CASE("source: a refused lock means looking again after a growing pause", "[source]") {
    Doorbell bell{1s, 100, kPace};
    auto now = kStart;
    std::vector<std::chrono::milliseconds> pauses;
    for (int i = 0; i < 6; ++i) {
        REQUIRE(bell.next(now).step == Step::kDrain);
        bell.drained(false, 7 + static_cast<change::Xid>(i), now);
        REQUIRE(bell.next(now).step == Step::kTryLock);
        bell.lock_tried(false, now);
        CHECK_FALSE(bell.holds_lock());
        const auto next = bell.next(now);
        REQUIRE(next.step == Step::kRest);
        pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(next.until - now));
        now = next.until;
    }
    CHECK(pauses == std::vector<std::chrono::milliseconds>{1ms, 2ms, 4ms, 8ms, 10ms, 10ms});
}

TEST_CASE("source: a late ring ends a pause while awake", "[source]") {
    Doorbell bell{1s, 100, kPace};
    bell.drained(false, 0, kStart);
    bell.lock_tried(false, kStart);
    REQUIRE(bell.next(kStart).step == Step::kRest);
    bell.rang(kStart);
    CHECK(bell.next(kStart).step == Step::kDrain);
}

TEST_CASE(
    "source: the pause grows to 50 ms only while the same old transaction stays open", "[source]"
) {
    Linger linger;
    auto now = kStart;
    for (int i = 0; i < 10; ++i) {
        CHECK(linger.next(9, now) <= Linger::kMax);
    }
    now += 2s;
    CHECK(linger.next(9, now) == 50ms);
    CHECK(linger.next(10, now) == Linger::kMax);
    now += 2s;
    CHECK(linger.next(10, now) == 50ms);
    linger.reset();
    CHECK(linger.next(10, now) == 1ms);
    CHECK(linger.next(0, now + 1h) == 2ms);
}

TEST_CASE(
    "source: a stream of changes is read in larger portions, a single one at once", "[source]"
) {
    Doorbell bell{1s, 100, kPace};
    for (int i = 0; i < Doorbell::kBusyAfter; ++i) {
        CHECK(bell.next(kStart).step == Step::kDrain);
        bell.drained(true, 0, kStart);
    }
    CHECK(bell.next(kStart).step == Step::kRest);
    CHECK(bell.next(kStart).until == kStart + kPace);
    CHECK(bell.next(kStart + kPace).step == Step::kDrain);

    SECTION("it goes on: each portion a pace after the last") {
        bell.drained(true, 0, kStart + 10ms);
        CHECK(bell.next(kStart + 10ms).until == kStart + 10ms + kPace);
    }
    SECTION("it ends: the lock is tried, and the drain after the grant made, without a pause") {
        park(bell, kStart + kPace);
        SECTION("a sleeper drains at once") {
            bell.rang(kStart + 9ms);
            CHECK(bell.next(kStart + 9ms).step == Step::kUnlock);
        }
        SECTION("after a sleep nothing is left of the stream") {
            const auto later = kStart + kPace + Doorbell::kSleep;
            bell.rang(later);
            bell.unlocked(later);
            bell.drained(true, 0, later);
            CHECK(bell.next(later).step == Step::kDrain);
        }
        SECTION("nor after one that the backstop has ended") {
            const auto later = kStart + kPace + 1s;
            REQUIRE(bell.next(later).step == Step::kUnlock);
            bell.unlocked(later);
            bell.drained(true, 0, later);
            CHECK(bell.next(later).step == Step::kDrain);
        }
        SECTION("to nod off is no sleep: the stream goes on") {
            bell.rang(kStart + 9ms);
            bell.unlocked(kStart + 9ms);
            bell.drained(true, 0, kStart + 9ms);
            CHECK(bell.next(kStart + 9ms).until == kStart + 9ms + kPace);
        }
    }
    SECTION("the lock is refused: the looks are no closer than the portions") {
        bell.drained(false, 7, kStart + kPace);
        REQUIRE(bell.next(kStart + kPace).step == Step::kTryLock);
        bell.lock_tried(false, kStart + kPace);
        CHECK(bell.next(kStart + kPace).until == kStart + 2 * kPace);
    }
}

TEST_CASE("source: without a pace a stream is read as fast as it comes", "[source]") {
    Doorbell bell{1s, 100, 0ms};
    for (int i = 0; i < 3 * Doorbell::kBusyAfter; ++i) {
        REQUIRE(bell.next(kStart).step == Step::kDrain);
        bell.drained(true, 0, kStart);
    }
}

TEST_CASE("source: lone commits never wait for the pace", "[source]") {
    Doorbell bell{1s, 100, kPace};
    park(bell, kStart);
    auto now = kStart;
    for (int i = 0; i < 100; ++i) {
        now += Doorbell::kSleep;
        bell.rang(now);
        REQUIRE(bell.next(now).step == Step::kUnlock);
        bell.unlocked(now);
        bell.drained(true, 0, now);
        if (bell.next(now).step == Step::kRest) {
            FAIL("paused after commit " << i);
        }
        park(bell, now);
    }
}

TEST_CASE("source: more rings than allowed keep the relay awake", "[source]") {
    Doorbell bell{1s, 100, kPace};
    auto now = kStart;
    int parks = 0;
    int lingers = 0;
    // A writer every millisecond, for a second: each ring would end a sleep.
    for (int i = 0; i < 1000; ++i, now += 1ms) {
        for (int steps = 0; steps < 8; ++steps) {
            const auto next = bell.next(now);
            if (next.step == Step::kDrain) {
                bell.drained(false, 0, now);
            } else if (next.step == Step::kTryLock) {
                bell.lock_tried(true, now);
            } else if (next.step == Step::kUnlock) {
                bell.unlocked(now);
            } else if (bell.parked()) {
                ++parks;
                bell.rang(now);
                break;
            } else {
                ++lingers;
                break;
            }
        }
    }
    CHECK(parks >= 50);
    CHECK(parks <= 120);
    CHECK(lingers >= 500);
}

TEST_CASE("source: extra drains while parked change nothing", "[source]") {
    Doorbell bell{1s, 100, kPace};
    park(bell, kStart);
    bell.drained(true, 3, kStart + 1ms);
    CHECK(bell.parked());
    bell.restart();
    CHECK_FALSE(bell.holds_lock());
    CHECK(bell.next(kStart + 2ms).step == Step::kDrain);
}

}  // namespace stockd::source
