#include "config/values.hpp"

#include <catch2/catch.hpp>

using namespace stockd::config;
using std::chrono::milliseconds;

TEST_CASE("values: a duration has a unit", "[config]") {
    CHECK(parse_duration("250ms").value() == milliseconds(250));
    CHECK(parse_duration("1s").value() == milliseconds(1000));
    CHECK(parse_duration("15min").value() == milliseconds(900'000));
    CHECK(parse_duration("2h").value() == milliseconds(7'200'000));
    CHECK(parse_duration("0s").value() == milliseconds(0));
    for (const auto* text :
         {"",
          "5",
          "s",
          "-1s",
          "1 s",
          "1.5s",
          "1S",
          "1m",
          "99999999999999999999s",
          "9223372036854775807h"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("values: a printed duration or size reads back as the same", "[config]") {
    for (const auto* text : {"250ms", "1s", "15min", "2h", "90min", "1001ms", "0ms"}) {
        CHECK(print_duration(parse_duration(text).value()) == text);
    }
    for (const auto* text : {"1000", "16KiB", "1MiB", "0"}) {
        CHECK(print_bytes(parse_bytes(text).value()) == text);
    }
}

TEST_CASE("values: a number is digits that fit", "[config]") {
    CHECK(parse_number("0").value() == 0);
    CHECK(parse_number("9223372036854775807").value() == INT64_MAX);
    for (const auto* text : {"", "-1", "+1", "1x", " 1", "0x10", "9223372036854775808"}) {
        INFO(text);
        CHECK_FALSE(parse_number(text).has_value());
    }
    CHECK_FALSE(parse_bytes("1kb").has_value());
}

TEST_CASE("values: an address is host and port", "[config]") {
    const auto v4 = parse_endpoint("127.0.0.1:8080");
    REQUIRE(v4.has_value());
    CHECK(v4->host == "127.0.0.1");
    CHECK(v4->port == 8080);
    CHECK(parse_endpoint("[::1]:0")->host == "::1");
    CHECK(parse_endpoint("localhost:65535")->port == 65535);
    for (const auto* text :
         {"",
          "8080",
          ":8080",
          "host:",
          "host:65536",
          "host:-1",
          "::1:8080",
          "[]:1",
          "a b:1",
          "http://h:1"}) {
        INFO(text);
        CHECK_FALSE(parse_endpoint(text).has_value());
    }
}
