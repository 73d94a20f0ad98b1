#include "web/response_head.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace stockd::web {

TEST_CASE("web: the date is written as RFC 9110 wants it", "[web]") {
    DateHeader date;
    CHECK(date.at(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(date.at(1'737'628'205) == "Thu, 23 Jan 2025 10:30:05 GMT");
    CHECK(date.at(1'737'628'205) == "Thu, 23 Jan 2025 10:30:05 GMT");
    CHECK(date.at(1'709'251'199) == "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST_CASE("web: a head says how fresh the answer is", "[web]") {
    Response response;
    response.reset();
    response.body = "{}";
    response.has_freshness = true;
    response.position = "5dbff57e8439";
    response.age_ms = 12;
    response.stale = false;
    std::string out;
    append_head(out, response, "D", {});
    CHECK(
        out ==
        "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        "Cache-Control: no-store\r\nStockd-Position: 5dbff57e8439\r\nStockd-Age-Ms: 12\r\n"
        "Stockd-Stale: false\r\n\r\n"
    );
    response.age_ms.reset();  // nothing is held
    out.clear();
    append_head(out, response, "D", {});
    CHECK(out.find("Stockd-Age-Ms") == std::string::npos);
    CHECK(out.find("Stockd-Position: 5dbff57e8439") != std::string::npos);
}

TEST_CASE("web: a head says how the connection goes on", "[web]") {
    Response response;
    response.reset();
    response.set(bad_request("m", "h"));
    response.status = 405;
    response.allow = "GET";
    std::string out;
    append_head(out, response, "D", {.close = true, .is_http_10 = true, .request_id = "r-1"});
    CHECK(out.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    CHECK(out.ends_with("Allow: GET\r\nX-Request-Id: r-1\r\nConnection: close\r\n\r\n"));
    CHECK(out.find("Stockd-") == std::string::npos);
    out.clear();
    append_head(out, response, "D", {.close = false, .is_http_10 = true, .request_id = {}});
    CHECK(out.ends_with("Connection: keep-alive\r\n\r\n"));
}

TEST_CASE("web: every status that is sent has a phrase", "[web]") {
    const unsigned status = GENERATE(
        200U, 400U, 403U, 404U, 405U, 408U, 409U, 410U, 413U, 415U, 431U, 500U, 503U, 504U, 505U
    );
    CHECK_FALSE(reason_phrase(status).empty());
}

}  // namespace stockd::web
