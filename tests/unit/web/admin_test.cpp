#include "web/admin.hpp"

#include "golden.hpp"
#include "shop.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <regex>

namespace stockd::web {

namespace {

struct Fixture {
    test::Shop shop;
    Admin admin{shop.cache(), shop, [] { return std::string{"stockd_up 1\n"}; }};

    Response ask(std::string_view target, Method method = Method::kGet) const {
        Response response;
        response.reset();
        admin.answer(
            {.method = method,
             .target = target,
             .media_type = {},
             .host = {},
             .origin = {},
             .body = {},
             .limits = limits},
            response
        );
        return response;
    }

    Limits limits;
};

}  // namespace

TEST_CASE("web: a live daemon says so whatever its database does", "[web]") {
    Fixture f;
    f.shop.set_away(true);
    CHECK(f.ask("/live").status == 200);
    CHECK(f.ask("/live").body == R"({"live":true})");
}

TEST_CASE("web: readiness is refused with named reasons", "[web]") {
    Fixture f;
    CHECK(f.ask("/ready").status == 200);
    CHECK(f.ask("/ready").body == R"({"ready":true,"reasons":[]})");
    f.shop.set_ready({.ready = false, .reasons = {"loading", "database_away"}});
    CHECK(f.ask("/ready").status == 503);
    CHECK(f.ask("/ready").body == R"({"ready":false,"reasons":["loading","database_away"]})");
}

TEST_CASE("web: metrics are text of the version that Prometheus reads", "[web]") {
    Fixture f;
    const auto response = f.ask("/metrics?x=1");
    CHECK(response.body == "stockd_up 1\n");
    CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("web: status tells what stockctl shows", "[web]") {
    Fixture f;
    const auto response = f.ask("/status");
    CHECK(response.route == observe::Route::kStatus);
    boost::json::parse(response.body);
    // How much memory it is, is the cache's business.
    const auto body =
        std::regex_replace(response.body, std::regex{R"("bytes":[0-9]+)"}, R"("bytes":0)");
    CHECK(body == test::golden("status.json", body));
}

TEST_CASE("web: other paths and methods of the admin server are refused", "[web]") {
    Fixture f;
    CHECK(f.ask("/").status == 404);
    CHECK(f.ask("/live/").status == 404);
    CHECK(f.ask("live").status == 404);
    CHECK(f.ask("/live", Method::kPost).status == 405);
    CHECK(f.ask("/live", Method::kPost).allow == "GET, HEAD");
}

}  // namespace stockd::web
