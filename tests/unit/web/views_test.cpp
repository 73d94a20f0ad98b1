#include "web/views.hpp"

#include "web/api_request.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace stockd::web {

TEST_CASE("web: pages of views have their names, and products have the others", "[web]") {
    CHECK(is_view("summary"));
    CHECK(is_view("low-stock"));
    CHECK_FALSE(is_view("SUMMARY"));
    CHECK_FALSE(is_view(""));
    ApiRequest request;
    REQUIRE_FALSE(
        parse_api_request(Method::kGet, "/api/inventory/by-shop?store=A%26B&limit=3", {}, request)
    );
    CHECK(request.route == observe::Route::kView);
    CHECK(request.sku == "by-shop");
    CHECK(request.view_filters == R"({"store":"A&B","limit":"3"})");
    REQUIRE_FALSE(parse_api_request(Method::kGet, "/api/inventory?id=summary", {}, request));
    CHECK(request.route == observe::Route::kProducts);
    CHECK(request.view_filters.empty());
}

TEST_CASE("web: filters are handed on as JSON, whatever is in them", "[web]") {
    std::string filters;
    REQUIRE_FALSE(read_view_filters("search", "q=%22%5c%0a+%C3%A9&limit=5", filters));
    CHECK(filters == "{\"q\":\"\\\"\\\\\\n \u00e9\",\"limit\":\"5\"}");
    REQUIRE_FALSE(read_view_filters("summary", "", filters));
    CHECK(filters == "{}");
}

TEST_CASE("web: a page says what it does not take", "[web]") {
    std::string filters;
    const auto problem = [&](std::string_view view, std::string_view query) {
        const auto found = read_view_filters(view, query, filters);
        return found ? found->message + " " + found->hint : std::string{};
    };
    CHECK(
        problem("summary", "store=A") ==
        "Unknown parameter 'store' This page takes: category, vendor, status, sort, limit, cursor."
    );
    CHECK(problem("summary", "%20=1").starts_with("Unknown parameter ' '"));
    CHECK(problem("summary", "sort=a&sort=b") == "Parameter sort is given twice Give it once.");
    CHECK(problem("summary", "sort=").starts_with("Parameter sort has no value"));
    CHECK(problem("summary", "sort").starts_with("Parameter sort has no value"));
    CHECK(problem("summary", "sort=%zz").starts_with("Parameter sort"));
    CHECK(problem("summary", "sort=" + std::string(20'001, 'x')).ends_with("Give a shorter one."));
    CHECK(problem("search", "limit=1") == "Parameter q is missing Write search?q=words.");
}

}  // namespace stockd::web
