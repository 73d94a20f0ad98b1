#include "web/api.hpp"

#include "client.hpp"
#include "shop.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>

namespace stockd::web {

namespace {

/// One connection's exchange, with waits turned into calls.
class Caller {
  public:
    explicit Caller(Api& api)
        : exchange_(api.make_exchange()) {}

    Response ask(
        std::string_view target, Method method = Method::kGet, std::string_view body = {}
    ) {
        return finish(begin(target, method, body));
    }

    Exchange::Outcome begin(
        std::string_view target, Method method = Method::kGet, std::string_view body = {}
    ) {
        response_.reset();
        return exchange_->start(
            {.method = method,
             .target = target,
             .media_type = {},
             .host = {},
             .origin = {},
             .body = body,
             .limits = limits},
            response_,
            factory()
        );
    }

    Response finish(Exchange::Outcome outcome) {
        while (outcome == Exchange::Outcome::kLater) {
            const auto result = ended_.get();
            response_.reset();
            outcome = exchange_->resume(result, response_, factory());
        }
        return response_;
    }

    [[nodiscard]] bool has_ended() const {
        return ended_.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    }

    Exchange& exchange() { return *exchange_; }

    Limits limits;

  private:
    Exchange::CompletionFactory factory() {
        return [this] {
            auto promise = std::make_shared<std::promise<base::Result<void>>>();
            ended_ = promise->get_future();
            return [promise](base::Result<void> result) { promise->set_value(std::move(result)); };
        };
    }

    std::unique_ptr<Exchange> exchange_;
    std::future<base::Result<void>> ended_;
    Response response_;
};

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the counters have cache lines of their
// own
struct Fixture {
    test::Shop shop;
    Api api{shop.cache(), shop, {}};
    Caller caller{api};
};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("web: every answer says how fresh it is", "[web]") {
    Fixture f;
    const auto* const target = GENERATE(
        "/api/inventory/TEA-1",
        "/api/inventory/nope",
        "/api/inventory?x=y",
        "/nowhere",
        "/api/inventory/cache"
    );
    auto response = f.caller.ask(target);
    CHECK(response.has_freshness);
    CHECK(response.position == f.shop.cache().read().state().position_hash);
    CHECK(response.age_ms == 3);
    CHECK_FALSE(response.stale);
    f.shop.set_away(true);
    response = f.caller.ask(target);
    CHECK(response.stale);
}

TEST_CASE("web: old data are served, and marked, while the database is away", "[web]") {
    Fixture f;
    f.shop.set_away(true);
    const auto response = f.caller.ask("/api/inventory/TEA-1");
    CHECK(response.status == 200);
    CHECK(response.stale);
    CHECK(contains(f.caller.ask("/api/inventory/cache").body, R"("isStale":true)"));
}

TEST_CASE("web: a reader with a ticket sees that transaction", "[web]") {
    Fixture f;
    const auto ticket = f.shop.commit(77);
    CHECK(contains(f.caller.ask("/api/inventory/TEA-1?store=BER-01").body, R"("totalPieces":120)"));
    const auto response =
        f.caller.ask("/api/inventory/TEA-1?store=BER-01&ticket=" + std::to_string(ticket));
    CHECK(response.status == 200);
    CHECK(contains(response.body, R"("totalPieces":77)"));
}

TEST_CASE("web: a ticket that is covered already costs no wait", "[web]") {
    Fixture f;
    const auto ticket = f.shop.commit(77);
    f.shop.drain();
    f.shop.hold(true);
    CHECK(
        f.caller.begin("/api/inventory/TEA-1?ticket=" + std::to_string(ticket)) ==
        Exchange::Outcome::kDone
    );
}

TEST_CASE("web: a ticket is not judged by a copy that may be of a dead database", "[web]") {
    // After a crash or a failover the same transaction ids come again, with other content.
    Fixture f;
    const auto ticket = std::to_string(f.shop.commit(77));
    f.shop.drain();
    f.shop.set_away(true);
    const auto response = f.caller.ask("/api/inventory/TEA-1?wait_ms=20&ticket=" + ticket);
    CHECK(response.status == 504);
    CHECK(contains(response.body, "ticket " + ticket));
}

TEST_CASE("web: a wait for a ticket ends at wait_ms, named", "[web]") {
    Fixture f;
    const auto ticket = std::to_string(f.shop.begin());
    const auto response = f.caller.ask("/api/inventory/TEA-1?wait_ms=20&ticket=" + ticket);
    CHECK(response.status == 504);
    CHECK(contains(response.body, R"("code":"timeout")"));
    CHECK(contains(response.body, "ticket " + ticket));
}

TEST_CASE("web: a ticket from the future is refused", "[web]") {
    Fixture f;
    const auto response = f.caller.ask("/api/inventory/TEA-1?ticket=999999999");
    CHECK(response.status == 400);
    CHECK(contains(response.body, "future"));
}

TEST_CASE("web: a reader can wait for a version", "[web]") {
    Fixture f;
    f.shop.commit(77);
    const auto response = f.caller.ask("/api/inventory/TEA-1?store=BER-01&min_version=8");
    CHECK(response.status == 200);
    CHECK(contains(response.body, R"("version":8)"));
    const auto late = f.caller.ask("/api/inventory?id=TEA-1&store=BER-01&min_version=9&wait_ms=20");
    CHECK(late.status == 504);
    CHECK(contains(late.body, "version 9 of TEA-1 in BER-01"));
}

TEST_CASE("web: nobody waits for a version of what is unknown", "[web]") {
    Fixture f;
    for (const auto* target :
         {"/api/inventory/nope?store=BER-01&min_version=1",
          "/api/inventory/TEA-1?store=nowhere&min_version=1"}) {
        CHECK(f.caller.ask(target).status == 404);
    }
    const auto map = f.caller.ask("/api/inventory?id=nope&store=BER-01&min_version=1");
    CHECK(map.status == 200);
    CHECK(contains(map.body, R"("unknown":["nope"])"));
    CHECK(f.api.reads().misses == 0);
}

TEST_CASE("web: a read of a cleared cache waits for the reload and is a miss", "[web]") {
    Fixture f;
    REQUIRE(f.caller.ask("/api/inventory/TEA-1").status == 200);
    const auto loads = f.shop.loads();
    const auto cleared =
        f.caller.ask("/api/inventory/cache", Method::kPost, R"({"action":"clear"})");
    CHECK(cleared.status == 200);
    CHECK(cleared.stale);
    CHECK(cleared.position == "none");
    CHECK(contains(cleared.body, R"("message":"Cache cleared successfully")"));
    CHECK(contains(
        cleared.body, R"("isCached":false,"lastRefresh":null,"cacheAge":null,"productCount":0)"
    ));
    const auto response = f.caller.ask("/api/inventory/TEA-1");
    CHECK(response.status == 200);
    CHECK(f.shop.loads() == loads + 1);
    CHECK(f.api.reads().hits == 1);
    CHECK(f.api.reads().misses == 1);
}

TEST_CASE("web: nothing held and no database is 503", "[web]") {
    Fixture f;
    f.shop.cache().clear();
    f.shop.set_away(true);
    const auto response = f.caller.ask("/api/inventory/TEA-1");
    CHECK(response.status == 503);
    CHECK(contains(response.body, R"("code":"unavailable")"));
    CHECK(response.stale);
    CHECK(response.position == "none");
    CHECK_FALSE(response.age_ms);
    // Statistics need no data.
    CHECK(f.caller.ask("/api/inventory/cache").status == 200);
}

TEST_CASE("web: a refresh reloads, and says when it could not", "[web]") {
    Fixture f;
    const auto loads = f.shop.loads();
    const auto response =
        f.caller.ask("/api/inventory/cache", Method::kPost, R"({"action":"refresh"})");
    CHECK(response.status == 200);
    CHECK(contains(response.body, R"({"success":true,"message":"Cache refreshed successfully")"));
    CHECK(f.shop.loads() == loads + 1);
    f.shop.set_away(true);
    const auto failed =
        f.caller.ask("/api/inventory/cache", Method::kPost, R"({"action":"refresh"})");
    CHECK(failed.status == 503);
    CHECK(contains(failed.body, R"({"success":false,"error":"The database is away")"));
}

TEST_CASE("web: reads are counted as hits, misses and unknown", "[web]") {
    Fixture f;
    const auto ticket = std::to_string(f.shop.begin());
    f.caller.ask("/api/inventory/TEA-1");
    f.caller.ask("/api/inventory/TEA-1/has-stock?quantity=1&unit=box");
    f.caller.ask("/api/inventory/nope");
    f.caller.ask("/api/inventory?ids=TEA-1,x,y");
    f.caller.ask("/api/inventory/TEA-1?wait_ms=1&ticket=" + ticket);
    f.caller.ask("/api/inventory?bad=query");
    const auto reads = f.api.reads();
    CHECK(reads.hits == 3);
    CHECK(reads.misses == 1);
    CHECK(reads.unknown == 3);
    CHECK(contains(
        f.caller.ask("/api/inventory/cache").body,
        R"("hits":3,"misses":1,"unknown":3,"hitRate":0.75)"
    ));
}

TEST_CASE("web: so many requests wait and no more", "[web]") {
    Fixture f;
    f.shop.hold(true);
    const auto target = "/api/inventory/TEA-1?ticket=" + std::to_string(f.shop.begin());
    Caller second{f.api};
    second.limits.waiting_max = 1;
    REQUIRE(f.caller.begin(target) == Exchange::Outcome::kLater);
    CHECK(f.api.waiting() == 1);
    const auto refused = second.ask(target);
    CHECK(refused.status == 503);
    CHECK(contains(refused.body, "too_many_waiting"));
    // Reads that need no wait go on.
    CHECK(second.ask("/api/inventory/TEA-1").status == 200);
    f.caller.exchange().abandon();
    CHECK(f.api.waiting() == 0);
}

TEST_CASE("web: a wait that is over says so to the observer", "[web]") {
    test::Shop shop;
    std::vector<observe::WaitEnded> waits;
    Api api{shop.cache(), shop, observe::Observer{{[&](const observe::Observation& observation) {
                if (const auto* wait = std::get_if<observe::WaitEnded>(&observation)) {
                    waits.push_back(*wait);
                }
            }}}};
    Caller caller{api};
    caller.ask("/api/inventory/TEA-1?ticket=" + std::to_string(shop.commit(1)));
    caller.ask("/api/inventory/TEA-1?wait_ms=1&ticket=" + std::to_string(shop.begin()));
    caller.ask("/api/inventory/TEA-1?wait_ms=1&ticket=999999999");  // from the future: no time-out
    REQUIRE(waits.size() == 3);
    CHECK(waits[0].result == observe::WaitResult::kCovered);
    CHECK(waits[1].result == observe::WaitResult::kTimeout);
    CHECK(waits[2].result == observe::WaitResult::kFailed);
}

}  // namespace stockd::web
