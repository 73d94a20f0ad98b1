#include "web/api_request.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace stockd::web {

namespace {

Problem refused(std::string_view body, std::string_view media_type = "application/json") {
    CacheAction action{};
    auto problem = parse_action(media_type, body, action);
    INFO(body);
    REQUIRE(problem.has_value());
    return *problem;
}

}  // namespace

TEST_CASE("web: both actions are understood", "[web]") {
    CacheAction action = CacheAction::kClear;
    CHECK_FALSE(parse_action("application/json", R"({"action":"refresh"})", action));
    CHECK(action == CacheAction::kRefresh);
    CHECK_FALSE(parse_action("application/json", R"( { "action" : "clear" } )", action));
    CHECK(action == CacheAction::kClear);
}

TEST_CASE("web: a page of another origin may not act", "[web]") {
    CHECK_FALSE(refuse_foreign_page("", "127.0.0.1:8080"));
    CHECK_FALSE(refuse_foreign_page("http://127.0.0.1:8080", "127.0.0.1:8080"));
    CHECK_FALSE(refuse_foreign_page("https://stock.example", "stock.example"));
    for (const auto* origin : {"http://evil.example", "null", "http://127.0.0.1:8081", "x"}) {
        const auto problem = refuse_foreign_page(origin, "127.0.0.1:8080");
        REQUIRE(problem.has_value());
        CHECK(problem->status == 403);
        CHECK(problem->code == "foreign_origin");
    }
}

TEST_CASE("web: an action may come as what fetch() and curl -d call it", "[web]") {
    const auto* const media_type = GENERATE(
        "",
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded"
    );
    CacheAction action{};
    CHECK_FALSE(parse_action(media_type, R"({"action":"clear"})", action));
}

TEST_CASE("web: other media types are refused", "[web]") {
    const auto* const media_type =
        GENERATE("multipart/form-data", "application/xml", "json", "application/json5");
    CHECK(refused(R"({"action":"clear"})", media_type).status == 415);
}

TEST_CASE("web: what looks like another member inside of a text is none", "[web]") {
    const auto problem = refused(R"({"action":"\":\\\":{"})");
    CHECK(problem.message == "Invalid action. Use 'refresh' or 'clear'");
    CHECK(refused(R"({"action":{"a":1,"b":{}}})").message == problem.message);
}

TEST_CASE("web: a wrong action gets the sentence that the requirements give", "[web]") {
    const auto* const body = GENERATE(
        R"({"action":"delete"})",
        R"({"action":""})",
        R"({"action":"Refresh"})",
        R"({"action":1})",
        R"({"action":null})",
        R"({"action":["refresh"]})",
        "{}"
    );
    const auto problem = refused(body);
    CHECK(problem.status == 400);
    std::string out;
    append_problem(out, problem);
    CHECK(out == R"({"success":false,"error":"Invalid action. Use 'refresh' or 'clear'"})");
}

TEST_CASE("web: a body that is no action object is refused", "[web]") {
    const auto body = GENERATE(
        std::string{},
        std::string{"{"},
        std::string{"refresh"},
        std::string{"null"},
        std::string{"[]"},
        std::string{R"("refresh")"},
        std::string{R"({"action":"refresh"}x)"},
        std::string{R"({"action":"refresh","force":true})"},
        std::string{R"({"action":"refresh","action":"clear"})"},
        std::string{R"({"action":"refresh", "\u0061ction" : "refresh"})"},
        std::string{"{\"action\":\"\xff\"}"},
        std::string(1000, '['),
        std::string{R"({"action":"refresh",})"}
    );
    const auto problem = refused(body);
    CHECK(problem.status == 400);
    CHECK(problem.code == "invalid_argument");
    CHECK_FALSE(problem.hint.empty());
}

}  // namespace stockd::web
