#include "web/api_request.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace stockd::web {

using observe::Route;

namespace {

/// The request, or a failed test.
ApiRequest understood(std::string_view target, Method method = Method::kGet) {
    ApiRequest request;
    const auto problem = parse_api_request(method, target, Limits{}, request);
    INFO(target << ": " << (problem ? problem->message : ""));
    REQUIRE_FALSE(problem.has_value());
    return request;
}

Problem refused(std::string_view target, Method method = Method::kGet) {
    ApiRequest request;
    auto problem = parse_api_request(method, target, Limits{}, request);
    INFO(target);
    REQUIRE(problem.has_value());
    CHECK_FALSE(problem->hint.empty());
    return *problem;
}

}  // namespace

TEST_CASE("web: every path of the API has its route", "[web]") {
    CHECK(understood("/api/inventory").route == Route::kList);
    CHECK(understood("/api/inventory?").route == Route::kList);
    CHECK(understood("/api/inventory?id=a").route == Route::kProducts);
    CHECK(understood("/api/inventory?ids=a").route == Route::kProducts);
    CHECK(understood("/api/inventory/TEA-1").route == Route::kProduct);
    CHECK(understood("/api/inventory/TEA-1").sku == "TEA-1");
    CHECK(understood("/api/inventory/cache").route == Route::kCacheStats);
    CHECK(understood("/api/inventory/c%61che").route == Route::kCacheStats);
    CHECK(understood("/api/inventory/cache", Method::kPost).route == Route::kCacheAction);
    CHECK(understood("http://x/api/inventory/TEA-1").sku == "TEA-1");
    const auto asked = understood("/api/inventory/cache/has-stock?quantity=5&unit=box");
    CHECK(asked.route == Route::kHasStock);
    CHECK(asked.sku == "cache");
    CHECK(asked.quantity == 5);
    CHECK(asked.unit == base::Unit::kBox);
}

TEST_CASE("web: a code is decoded as one piece of the path", "[web]") {
    CHECK(understood("/api/inventory/a%2Fb+c").sku == "a/b+c");
    CHECK(understood("/api/inventory/..").sku == "..");
    CHECK(understood("/api/inventory/%252e").sku == "%2e");
    CHECK(understood("/api/inventory/a%2Fb/has-stock?quantity=1&unit=piece").sku == "a/b");
}

TEST_CASE("web: other paths are not found", "[web]") {
    const auto* const target = GENERATE(
        "/",
        "/api",
        "/api/inventor",
        "/api/inventoryx",
        "/api/inventory/",
        "/api/inventory//",
        "/api/inventory/a/",
        "/api/inventory/a/b",
        "/api/inventory/a/has-stock/",
        "/API/INVENTORY",
        "/api/inventory/../../etc/passwd",
        "//api/inventory/a",
        "/api/inventory/a/HAS-STOCK",
        "/api/inventory//has-stock",
        "*",
        "shop:80"
    );
    CHECK(refused(target).status == 404);
    CHECK(refused(target).code == "unknown_path");
}

TEST_CASE("web: a wrong method is told the right ones", "[web]") {
    CHECK(refused("/api/inventory/a", Method::kPost).status == 405);
    CHECK(refused("/api/inventory/a", Method::kPost).allow == "GET, HEAD");
    CHECK(refused("/api/inventory", Method::kOther).allow == "GET, HEAD");
    CHECK(refused("/api/inventory/cache", Method::kOther).allow == "GET, HEAD, POST");
    CHECK(understood("/api/inventory/a", Method::kHead).route == Route::kProduct);
}

TEST_CASE("web: codes come by id, by ids, and by both", "[web]") {
    using Ids = std::vector<std::string>;
    CHECK(understood("/api/inventory?id=a&id=b").ids == Ids{"a", "b"});
    CHECK(understood("/api/inventory?ids=a,b").ids == Ids{"a", "b"});
    CHECK(understood("/api/inventory?ids=a%2Cb").ids == Ids{"a", "b"});
    CHECK(understood("/api/inventory?id=a%2Cb").ids == Ids{"a,b"});
    CHECK(understood("/api/inventory?ids=b,a&id=c&id=a").ids == Ids{"b", "a", "c"});
    CHECK(understood("/api/inventory?id=cache").ids == Ids{"cache"});
    CHECK(understood("/api/inventory?id=a+b%2B").ids == Ids{"a b+"});
}

TEST_CASE("web: at most 1000 products are asked for at once", "[web]") {
    std::string target = "/api/inventory?ids=0";
    for (int i = 1; i < 1000; ++i) {
        target += "," + std::to_string(i);
    }
    CHECK(understood(target).ids.size() == 1000);
    CHECK(refused(target + ",1000").status == 400);
    CHECK(refused(target + "&id=0").status == 400);
}

TEST_CASE("web: a list has a limit and a cursor", "[web]") {
    CHECK(understood("/api/inventory").limit == 100);
    CHECK(understood("/api/inventory?limit=1000").limit == 1000);
    CHECK(understood("/api/inventory?limit=1&cursor=c16162").after_sku == "ab");
    CHECK(understood("/api/inventory").after_sku.empty());
}

TEST_CASE("web: waits are read", "[web]") {
    const auto request = understood("/api/inventory/a?store=S+1&ticket=12&min_version=3&wait_ms=0");
    CHECK(request.has_store);
    CHECK(request.store == "S 1");
    CHECK(request.ticket == 12U);
    CHECK(request.min_version == 3);
    CHECK(request.wait == std::chrono::milliseconds{0});
    CHECK_FALSE(understood("/api/inventory/a").wait.has_value());
    CHECK(understood("/api/inventory?id=a&store=S&min_version=3").min_version == 3);
}

TEST_CASE("web: a number out of its range is told its range", "[web]") {
    CHECK(
        refused("/api/inventory?limit=0").message ==
        "Parameter limit must be a whole number from 1 to 1000, and is '0'"
    );
}

TEST_CASE("web: a bad query is refused", "[web]") {
    const auto* const query = GENERATE(
        "/a?colour=red",           // unknown
        "/a?Store=X",              // unknown: names have a case
        "/a?store",                // no value
        "/a?store=",               // empty
        "/a?store=X&store=X",      // twice
        "/a?store=%ff",            // not UTF-8
        "/a?store=%00",            // NUL
        "/a?store=%2",             // broken escape
        "/a?st%6Fre=%",            // the name may be encoded, its value may not be broken
        "/a?limit=10",             // belongs to a list
        "/a?quantity=1&unit=box",  // belongs to has-stock
        "/a?ticket=0",             // no such transaction id
        "/a?ticket=-1",
        "/a?ticket=x",
        "/a?ticket=99999999999999999999",
        "/a?wait_ms=30001",
        "/a?wait_ms=1.5",
        "/a?min_version=1",  // no store
        "/a?store=S&min_version=0",
        "?limit=0",
        "?limit=1001",
        "?limit=ten",
        "?limit=1&limit=1",
        "?cursor=TEA-1",
        "?cursor=c1ff",
        "?id=",
        "?ids=a,,b",
        "?ids=,",
        "?ids=a&ids=b",
        "?id=a&limit=1",
        "?id=a&id=b&store=S&min_version=1",  // which of the two?
        "?min_version=1&store=S",
        "/a/has-stock",
        "/a/has-stock?quantity=1",
        "/a/has-stock?unit=box",
        "/a/has-stock?quantity=0&unit=box",
        "/a/has-stock?quantity=-1&unit=box",
        "/a/has-stock?quantity=1.5&unit=box",
        "/a/has-stock?quantity=9223372036854775808&unit=box",
        "/a/has-stock?quantity=1&unit=crate",
        "/a/has-stock?quantity=1&unit=Box",
        "/cache?store=S",
        "/cache?x"
    );
    const auto problem = refused("/api/inventory" + std::string{query});
    CHECK(problem.status == 400);
    CHECK(problem.code == "invalid_argument");
}

TEST_CASE("web: a code that is no text is refused", "[web]") {
    const auto* const sku = GENERATE("%00", "%ff", "%", "%zz", "a%c0%af");
    CHECK(refused("/api/inventory/" + std::string{sku}).status == 400);
}

TEST_CASE("web: nothing of a request is left in the next", "[web]") {
    ApiRequest request;
    const Limits limits;
    REQUIRE_FALSE(parse_api_request(
        Method::kGet,
        "/api/inventory?id=a&store=S&min_version=3&ticket=4&wait_ms=5",
        limits,
        request
    ));
    REQUIRE_FALSE(parse_api_request(Method::kGet, "/api/inventory/b", limits, request));
    CHECK(request.ids.empty());
    CHECK_FALSE(request.has_store);
    CHECK_FALSE(request.ticket.has_value());
    CHECK_FALSE(request.min_version.has_value());
    CHECK_FALSE(request.wait.has_value());
}

TEST_CASE("web: only a parameter with a default may be left out for it", "[web]") {
    for (const auto* target : {"/api/inventory?limit=0", "/api/inventory/a?wait_ms=x"}) {
        CHECK(refused(target).hint == "Leave it out for its default, or give such a number.");
    }
    for (const auto* target :
         {"/api/inventory/a/has-stock?unit=box&quantity=0",
          "/api/inventory/a?ticket=0",
          "/api/inventory/a?store=S&min_version=x"}) {
        CHECK(refused(target).hint == "Give such a number.");
    }
}

}  // namespace stockd::web
