#include "web/answers.hpp"

#include "golden.hpp"
#include "shop.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <limits>
#include <string>

namespace stockd::web {

using test::golden;

namespace {

struct Answer {
    std::string body;
    std::optional<Problem> problem;
    Found found;
};

Answer ask(
    const cache::Reading& reading, std::string_view target, const Limits& limits = Limits{}
) {
    ApiRequest request;
    REQUIRE_FALSE(parse_api_request(Method::kGet, target, limits, request));
    Answer answer;
    answer.problem = append_answer(answer.body, reading, request, answer.found);
    if (!answer.problem) {
        boost::json::parse(answer.body);  // Throws when it is none.
    }
    return answer;
}

CacheStats documented_stats() {
    return {
        .is_cached = true,
        .last_refresh = test::kThen,
        .now = {test::kThen.unix_us + 450'000'000},
        .product_count = 156,
        .is_stale = false,
        .reads = {.hits = 9876, .misses = 124, .unknown = 3},
        .position = "5dbff57e8439",
        .drift = 0,
    };
}

}  // namespace

TEST_CASE("web: a product is answered with all its stores", "[web]") {
    test::Shop shop;
    const auto answer = ask(shop.cache().read(), "/api/inventory/TEA-1");
    CHECK(answer.body == golden("product.json", answer.body));
    CHECK(answer.found.known == 1);
}

TEST_CASE("web: a product is answered for one store", "[web]") {
    test::Shop shop;
    const auto answer = ask(shop.cache().read(), "/api/inventory/TEA-1?store=HAM-02");
    CHECK(answer.body == golden("product_in_store.json", answer.body));
}

TEST_CASE("web: a product without stock rows has zeros", "[web]") {
    test::Shop shop;
    const auto answer = ask(shop.cache().read(), "/api/inventory/NEW-1");
    CHECK(answer.body == golden("product_without_stock.json", answer.body));
    const auto in_store = ask(shop.cache().read(), "/api/inventory/NEW-1?store=BER-01");
    CHECK(in_store.body == answer.body);
}

TEST_CASE("web: an available quantity below zero keeps its sign and has no boxes", "[web]") {
    test::Shop shop;
    const auto answer = ask(shop.cache().read(), "/api/inventory/NEG-1");
    CHECK(answer.body == golden("product_below_zero.json", answer.body));
}

TEST_CASE("web: awkward codes and names survive", "[web]") {
    test::Shop shop;
    const auto answer =
        ask(shop.cache().read(), "/api/inventory/a%2Fb%20c%2C%22d%22%5C%C3%A9%2B%25");
    CHECK(answer.body == golden("product_awkward.json", answer.body));
}

TEST_CASE("web: many products are a map, and unknown ones are listed apart", "[web]") {
    test::Shop shop;
    const auto answer =
        ask(shop.cache().read(), "/api/inventory?ids=TEA-1,nope&id=cache&id=%22&store=BER-01");
    CHECK(answer.body == golden("products.json", answer.body));
    CHECK(answer.found.known == 2);
    CHECK(answer.found.unknown == 2);
}

TEST_CASE("web: many unknown products are an answer, not an error", "[web]") {
    test::Shop shop;
    const auto answer = ask(shop.cache().read(), "/api/inventory?ids=x,y");
    CHECK(answer.body == R"({"products":{},"unknown":["x","y"]})");
}

TEST_CASE("web: a page ends early when it is large", "[web]") {
    test::Shop shop;
    shop.add_bulk(1000, 1000);
    Limits limits;
    limits.page_bytes_max = 100'000;
    const auto answer = ask(shop.cache().read(), "/api/inventory?limit=1000", limits);
    CHECK(answer.body.size() >= 100'000);
    CHECK(answer.body.size() < 102'000);
    CHECK(answer.body.find(R"("nextCursor":")") != std::string::npos);
}

TEST_CASE("web: products asked for by code are all in the answer, or it is refused", "[web]") {
    test::Shop shop;
    shop.add_bulk(10, 10'000);
    std::string target = "/api/inventory?ids=nope";
    for (int i = 0; i < 10; ++i) {
        target += ",BULK-00000" + std::to_string(i);
    }
    Limits limits;
    limits.products_bytes_max = 200'000;
    CHECK(ask(shop.cache().read(), target, limits).found.known == 10);
    limits.products_bytes_max = 50 * 1024;
    const auto refused = ask(shop.cache().read(), target, limits);
    REQUIRE(refused.problem);
    CHECK(refused.problem->status == 400);
    CHECK(refused.problem->code == "answer_too_large");
    CHECK(refused.problem->message == "The answer would be larger than 50 KiB");
    CHECK(refused.found.known == 0);
    CHECK(refused.found.unknown == 0);
}

TEST_CASE("web: pages follow one another to the end", "[web]") {
    test::Shop shop;
    const auto reading = shop.cache().read();
    std::vector<std::string> skus;
    Limits limits;
    SECTION("as many products as asked for") {}
    SECTION("as many products as bytes allow, and one at least") {
        limits.page_bytes_max = GENERATE(0U, 1U, 300U, 600U, 1000U);
    }
    std::string target = "/api/inventory?limit=2";
    while (true) {
        const auto answer = ask(reading, target, limits);
        const auto page = boost::json::parse(answer.body);
        CHECK(answer.found.known == page.at("products").as_array().size());
        for (const auto& product : page.at("products").as_array()) {
            skus.emplace_back(product.at("productId").as_string());
        }
        if (page.at("nextCursor").is_null()) {
            break;
        }
        const std::string cursor{page.at("nextCursor").as_string()};
        target = "/api/inventory?limit=2&cursor=" + cursor;
    }
    CHECK(
        skus ==
        std::vector<std::string>{"NEG-1", "NEW-1", "TEA-1", "a/b c,\"d\"\\\u00e9+%", "cache"}
    );
}

TEST_CASE("web: a page is products and the next cursor", "[web]") {
    test::Shop shop;
    const auto answer = ask(shop.cache().read(), "/api/inventory?limit=1");
    CHECK(answer.body == golden("page.json", answer.body));
    const auto exact = ask(shop.cache().read(), "/api/inventory?limit=5");
    CHECK(exact.body.ends_with(R"("nextCursor":null})"));
}

TEST_CASE("web: unknown products and stores are not found", "[web]") {
    test::Shop shop;
    const auto reading = shop.cache().read();
    const auto* const target = GENERATE(
        "/api/inventory/tea-1",
        "/api/inventory/TEA-1?store=X",
        "/api/inventory/TEA-1?store=OLD-99",  // closed
        "/api/inventory?store=X",
        "/api/inventory?id=TEA-1&store=X",
        "/api/inventory/x/has-stock?quantity=1&unit=box"
    );
    const auto answer = ask(reading, target);
    REQUIRE(answer.problem.has_value());
    CHECK(answer.problem->status == 404);
    CHECK(answer.found.unknown == 1);
}

TEST_CASE("web: has-stock counts in the unit asked", "[web]") {
    test::Shop shop;
    const auto reading = shop.cache().read();
    // Available: 113 + 58 = 171 pieces, 5 to a pack, 50 to a box.
    const auto has = [&](const std::string& query) {
        const auto answer = ask(reading, "/api/inventory/TEA-1/has-stock?" + query);
        return boost::json::parse(answer.body).at("hasStock").as_bool();
    };
    CHECK(has("quantity=171&unit=piece"));
    CHECK_FALSE(has("quantity=172&unit=piece"));
    CHECK(has("quantity=34&unit=pack"));
    CHECK_FALSE(has("quantity=35&unit=pack"));
    CHECK(has("quantity=3&unit=box"));
    CHECK_FALSE(has("quantity=4&unit=box"));
    CHECK(has("quantity=58&unit=piece&store=HAM-02"));
    CHECK_FALSE(has("quantity=59&unit=piece&store=HAM-02"));
    CHECK_FALSE(has("quantity=9223372036854775807&unit=box"));
}

TEST_CASE("web: has-stock answers what was asked and what there is", "[web]") {
    test::Shop shop;
    const auto reading = shop.cache().read();
    const auto answer = ask(reading, "/api/inventory/TEA-1/has-stock?quantity=5&unit=box");
    CHECK(answer.body == golden("has_stock.json", answer.body));
    const auto none =
        ask(reading, "/api/inventory/NEW-1/has-stock?quantity=1&unit=piece&store=BER-01");
    CHECK(
        none.body ==
        R"({"productId":"NEW-1","quantity":1,"unit":"piece","hasStock":false,"availableTotal":0})"
    );
}

TEST_CASE("web: statistics are the documented ones, then ours", "[web]") {
    std::string out;
    append_stats_answer(out, documented_stats());
    CHECK(out == golden("cache_stats.json", out));
    // The documented answer, word for word.
    CHECK(out.starts_with(
        R"({"success":true,"stats":{"isCached":true,"lastRefresh":"2025-01-23T10:30:00.000Z",)"
        R"("cacheAge":450000,"cacheAgeMinutes":7,"cacheAgeHours":"0.12","productCount":156,"isStale":false,)"
    ));
}

TEST_CASE("web: an empty cache has no age", "[web]") {
    std::string out;
    append_stats_answer(out, CacheStats{});
    CHECK(out == golden("cache_stats_empty.json", out));
}

TEST_CASE("web: ages are rounded down, and never negative", "[web]") {
    const auto hours_after = [](std::int64_t seconds) {
        auto stats = documented_stats();
        stats.now = {test::kThen.unix_us + seconds * 1'000'000};
        std::string out;
        append_stats(out, stats, true);
        return std::string{boost::json::parse(out).at("cacheAgeHours").as_string()};
    };
    CHECK(hours_after(-5) == "0.00");
    CHECK(hours_after(0) == "0.00");
    CHECK(hours_after(3599) == "0.99");
    CHECK(hours_after(3600 * 25 + 180) == "25.05");
}

TEST_CASE("web: the hit rate is hits of all answered reads", "[web]") {
    const auto rate = [](std::uint64_t hits, std::uint64_t misses) {
        CacheStats stats;
        stats.reads = {.hits = hits, .misses = misses, .unknown = 50};
        std::string out;
        append_stats(out, stats, false);
        return boost::json::serialize(boost::json::parse(out).at("hitRate"));
    };
    CHECK(rate(0, 0) == "null");
    CHECK(rate(1, 0) == "1");
    CHECK(rate(0, 1) == "0");
    CHECK(rate(1, 1) == "5E-1");
    std::string out;
    append_stats(out, documented_stats(), false);
    CHECK(out.find(R"("hitRate":0.9876,)") != std::string::npos);
}

TEST_CASE("web: actions answer the documented message and statistics", "[web]") {
    auto stats = documented_stats();
    stats.now = test::kThen;
    std::string out;
    append_action_answer(out, CacheAction::kRefresh, stats);
    CHECK(out == golden("refresh.json", out));
    CHECK(out.starts_with(
        R"({"success":true,"message":"Cache refreshed successfully","stats":{"isCached":true,)"
        R"("lastRefresh":"2025-01-23T10:30:00.000Z","cacheAge":0,"productCount":156,"isStale":false,)"
    ));
    out.clear();
    append_action_answer(out, CacheAction::kClear, CacheStats{});
    CHECK(out == golden("clear.json", out));
}

}  // namespace stockd::web
