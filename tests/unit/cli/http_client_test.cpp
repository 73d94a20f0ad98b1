#include "cli/http_client.hpp"

#include "cli/daemon.hpp"

#include <catch2/catch.hpp>

using namespace stockd;
using cli::HttpClient;

TEST_CASE("cli: stockd's address is http and host and port", "[cli]") {
    for (const auto* url :
         {"http://127.0.0.1:8080", "127.0.0.1:8080", "http://localhost", "http://[::1]:8080/"}) {
        CHECK(HttpClient::for_server(url).has_value());
    }
    for (const auto* url :
         {"",
          "http://",
          "https://a:1",
          "http://a:0",
          "http://a:65536",
          "http://a:b",
          "http://a/b:1",
          "a:",
          "http://u@a:1",
          "::1",
          "a:80:90",
          "[::1",
          "a\r\nX-Injected: 1:80",
          "a\tb",
          "a\xC2\x9B"}) {
        const auto client = HttpClient::for_server(url);
        REQUIRE(client.has_error());
        CHECK(client.error().code == base::ErrorCode::kInvalidArgument);
    }
}

TEST_CASE("cli: the admin port is the one after stockd's", "[cli]") {
    CHECK(cli::admin_server_beside("http://127.0.0.1:8080") == "http://127.0.0.1:8081");
    CHECK(cli::admin_server_beside("shop.example:9000") == "http://shop.example:9001");
    CHECK(cli::admin_server_beside("http://[::1]:8080/") == "http://[::1]:8081");
    CHECK(cli::admin_server_beside("http://localhost") == "http://localhost:81");
    CHECK(cli::admin_server_beside("127.0.0.1:65535").empty());
    CHECK(cli::admin_server_beside("https://a:1").empty());
}

TEST_CASE("cli: everything but unreserved characters is percent-encoded", "[cli]") {
    CHECK(cli::percent_encode("Az09-._~") == "Az09-._~");
    CHECK(cli::percent_encode("a/b c&d=é%") == "a%2Fb%20c%26d%3D%C3%A9%25");
}

TEST_CASE("cli: nobody at the address is unavailable, exit code 10", "[cli]") {
    // Port 1 of the loopback is nobody's.
    auto client = HttpClient::for_server("127.0.0.1:1");
    REQUIRE(client.has_value());
    const auto answer = client->get("/", std::chrono::milliseconds(2000));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == base::ErrorCode::kUnavailable);
    CHECK(cli::daemon_exit_code(answer.error()) == 10);
}

TEST_CASE("cli: stockd's problem answers keep their words", "[cli]") {
    const auto problem = cli::problem_of(
        {404,
         {},
         R"({"success":false,"error":"Unknown product \"x\"","code":"unknown_product","hint":"Look."})"},
        "a:1"
    );
    CHECK(problem.code == base::ErrorCode::kNotFound);
    CHECK(problem.message == "Unknown product \"x\"");
    CHECK(problem.hint == "Look.");
    CHECK(
        cli::problem_of({504, {}, R"({"error":"late"})"}, "a:1").code == base::ErrorCode::kTimeout
    );
    const auto hostile =
        cli::problem_of({404, {}, R"({"error":"\u001b[2J","detail":"\u009b","hint":"\n"})"}, "a:1");
    CHECK(hostile.message == "?[2J");
    CHECK(hostile.detail == "?");
    CHECK(hostile.hint == "?");
    const auto foreign = cli::problem_of({502, {}, "<html>"}, "a:1");
    CHECK(foreign.message == "what answers at a:1 is not stockd");
    CHECK(foreign.detail == "It answered 502.");
}
