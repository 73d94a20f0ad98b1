#include "source/waiters.hpp"

#include <catch2/catch.hpp>

namespace stockd::source {

using namespace std::chrono_literals;

namespace {

constexpr base::SteadyTime kStart{1h};

change::Position position(change::Xid xmax, std::vector<change::Xid> xip = {}) {
    change::Position made;
    made.snapshot = {xip.empty() ? xmax : xip.front(), xmax, std::move(xip)};
    return made;
}

struct Outcome {
    std::vector<base::Result<void>> results;

    Waiters::Done done() {
        return [this](base::Result<void> result) { results.push_back(std::move(result)); };
    }
};

}  // namespace

TEST_CASE("source: a ticket is done when a position covers it", "[source]") {
    Waiters waiters{10};
    Outcome outcome;
    waiters.add_ticket(100, kStart + 1s, kStart, outcome.done());
    waiters.published(position(100));
    CHECK(outcome.results.empty());
    waiters.published(position(102, {100}));
    CHECK(outcome.results.empty());
    waiters.published(position(102, {101}));
    REQUIRE(outcome.results.size() == 1);
    CHECK(outcome.results.front().has_value());
    waiters.published(position(103));
    CHECK(outcome.results.size() == 1);
}

TEST_CASE("source: a wait ends at its deadline and names what it waited for", "[source]") {
    Waiters waiters{10};
    Outcome early;
    Outcome late;
    waiters.add_ticket(100, kStart + 1s, kStart, early.done());
    waiters.add_condition(
        [] { return false; }, "version 7 of A in S1", kStart + 2s, kStart, late.done()
    );
    CHECK(waiters.next_deadline() == kStart + 1s);
    waiters.expire(kStart + 1s);
    REQUIRE(early.results.size() == 1);
    CHECK(early.results.front().error().code == base::ErrorCode::kTimeout);
    CHECK_THAT(early.results.front().error().message, Catch::Contains("ticket 100"));
    CHECK(late.results.empty());
    waiters.expire(kStart + 3s);
    REQUIRE(late.results.size() == 1);
    CHECK_THAT(late.results.front().error().message, Catch::Contains("version 7 of A in S1"));
    CHECK(waiters.next_deadline() == base::SteadyTime::max());
}

TEST_CASE("source: a condition that holds already does not wait", "[source]") {
    Waiters waiters{10};
    Outcome outcome;
    waiters.add_condition([] { return true; }, "it", kStart + 1s, kStart, outcome.done());
    CHECK(outcome.results.size() == 1);
    CHECK(waiters.size() == 0);
}

TEST_CASE("source: somebody who waits is served at once, then less and less eagerly", "[source]") {
    Waiters waiters{10};
    Outcome outcome;
    CHECK(waiters.poll_at() == base::SteadyTime::max());
    waiters.add_ticket(100, kStart + 1s, kStart, outcome.done());
    CHECK(waiters.poll_at() == kStart);
    std::vector<std::chrono::nanoseconds> pauses;
    for (int i = 0; i < 6; ++i) {
        waiters.polled(kStart);
        pauses.emplace_back(waiters.poll_at() - kStart);
    }
    CHECK(pauses == std::vector<std::chrono::nanoseconds>{1ms, 2ms, 4ms, 8ms, 10ms, 10ms});
    waiters.add_ticket(101, kStart + 1s, kStart + 5ms, outcome.done());
    CHECK(waiters.poll_at() == kStart + 5ms);
}

TEST_CASE(
    "source: a ticket above everything that had ended is doubted once, and can be refused",
    "[source]"
) {
    Waiters waiters{10};
    Outcome future;
    Outcome open;
    waiters.add_ticket(500, kStart + 1s, kStart, future.done());
    waiters.add_ticket(90, kStart + 1s, kStart, open.done());
    CHECK(waiters.doubtful(position(100, {90})) == std::vector<change::Xid>{500});
    CHECK(waiters.doubtful(position(100, {90})).empty());
    waiters.refuse_ticket(500, {base::ErrorCode::kInvalidArgument, "no", {}, {}, {}});
    REQUIRE(future.results.size() == 1);
    CHECK(future.results.front().error().code == base::ErrorCode::kInvalidArgument);
    CHECK(open.results.empty());
}

TEST_CASE("source: a ticket that may be of the future outlasts its deadline", "[source]") {
    Waiters waiters{10};
    Outcome future;
    waiters.add_ticket(500, kStart, kStart, future.done(), kStart + 500ms);
    CHECK(waiters.next_deadline() == kStart + 500ms);
    waiters.expire(kStart + 1ms);
    CHECK(future.results.empty());
    REQUIRE(waiters.doubtful(position(100)) == std::vector<change::Xid>{500});
    waiters.expire(kStart + 2ms);  // while the database is asked
    CHECK(future.results.empty());

    SECTION("it is of the future") {
        waiters.refuse_ticket(500, {base::ErrorCode::kInvalidArgument, "no", {}, {}, {}});
        REQUIRE(future.results.size() == 1);
        CHECK(future.results.front().error().code == base::ErrorCode::kInvalidArgument);
    }
    SECTION("it is of an open transaction") {
        waiters.judged(500);
        CHECK(waiters.next_deadline() == kStart);
        waiters.expire(kStart + 3ms);
        REQUIRE(future.results.size() == 1);
        CHECK(future.results.front().error().code == base::ErrorCode::kTimeout);
    }
}

TEST_CASE("source: a ticket below what has ended needs no judgement", "[source]") {
    Waiters waiters{10};
    Outcome open;
    waiters.add_ticket(90, kStart, kStart, open.done(), kStart + 500ms);
    CHECK(waiters.doubtful(position(100, {90})).empty());
    waiters.expire(kStart);
    CHECK(open.results.size() == 1);
}

TEST_CASE("source: nobody waits for a judgement for ever", "[source]") {
    Waiters waiters{10};
    Outcome outcome;
    waiters.add_ticket(500, kStart, kStart, outcome.done(), kStart + 500ms);
    waiters.expire(kStart + 500ms);
    REQUIRE(outcome.results.size() == 1);
    CHECK(outcome.results.front().error().code == base::ErrorCode::kTimeout);
}

TEST_CASE(
    "source: another incarnation ends the waits for tickets, not those for versions", "[source]"
) {
    Waiters waiters{10};
    Outcome ticket;
    Outcome version;
    waiters.add_ticket(100, kStart + 1s, kStart, ticket.done());
    waiters.add_condition([] { return false; }, "it", kStart + 1s, kStart, version.done());
    waiters.fail_tickets({base::ErrorCode::kForeignIncarnation, "gone", {}, {}, {}});
    REQUIRE(ticket.results.size() == 1);
    CHECK(ticket.results.front().error().code == base::ErrorCode::kForeignIncarnation);
    CHECK(version.results.empty());
    waiters.fail_all({base::ErrorCode::kUnavailable, "stop", {}, {}, {}});
    CHECK(version.results.size() == 1);
}

TEST_CASE("source: more waiting requests than allowed are refused at once", "[source]") {
    Waiters waiters{2};
    Outcome outcome;
    for (int i = 0; i < 3; ++i) {
        waiters.add_ticket(100, kStart + 1s, kStart, outcome.done());
    }
    REQUIRE(outcome.results.size() == 1);
    CHECK(outcome.results.front().error().code == base::ErrorCode::kUnavailable);
    CHECK(waiters.size() == 2);
}

TEST_CASE("source: a completion may wait again", "[source]") {
    Waiters waiters{10};
    Outcome outcome;
    waiters.add_ticket(100, kStart + 1s, kStart, [&](const base::Result<void>&) {
        waiters.add_ticket(200, kStart + 1s, kStart, outcome.done());
    });
    waiters.published(position(101));
    CHECK(waiters.size() == 1);
    waiters.published(position(201));
    CHECK(outcome.results.size() == 1);
}

}  // namespace stockd::source
