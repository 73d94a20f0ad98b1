#include "config/toml.hpp"

#include <catch2/catch.hpp>

using namespace stockd::config;
using Catch::Matchers::Contains;

TEST_CASE("toml: settings are read with their lines", "[config]") {
    const auto entries =
        parse_toml("# head\n\nlisten = \"127.0.0.1:1\" # why\r\n  ttl=15min\nx-y = 'a\\b'\nlast = 5"
        );
    REQUIRE(entries.has_value());
    REQUIRE(entries->size() == 4);
    CHECK(entries->at(0).key == "listen");
    CHECK(entries->at(0).value == "127.0.0.1:1");
    CHECK(entries->at(0).line == 3);
    CHECK(entries->at(1).value == "15min");
    CHECK(entries->at(2).value == "a\\b");
    CHECK(entries->at(3).line == 6);
    CHECK(parse_toml("").value().empty());
}

TEST_CASE("toml: a quoted string may hold what a bare word may not", "[config]") {
    const auto entries = parse_toml(R"(a = "x # y = \"z\" \\ \n\t")");
    REQUIRE(entries.has_value());
    CHECK(entries->at(0).value == "x # y = \"z\" \\ \n\t");
    CHECK(parse_toml("a = " + quote_toml("q\"\\\n\t#"))->at(0).value == "q\"\\\n\t#");
}

TEST_CASE("toml: what is not a setting is an error that names its line", "[config]") {
    for (const auto* text :
         {"ok = 1\n[section]",
          "ok = 1\nlisten",
          "ok = 1\n= 5",
          "ok = 1\na b = 5",
          "ok = 1\na =",
          "ok = 1\na = # x",
          "ok = 1\na = \"open",
          "ok = 1\na = \"x\" y",
          "ok = 1\na = \"\\q\"",
          "ok = 1\na = [1]",
          "ok = 1\na = 1 2",
          "ok = 1\nok = 2",
          "ok = 1\na = \"x\\"}) {
        INFO(text);
        const auto entries = parse_toml(text);
        REQUIRE_FALSE(entries.has_value());
        CHECK_THAT(entries.error().message, Contains("line 2: "));
    }
    CHECK_FALSE(parse_toml(std::string_view("a = \0b\n", 7)).has_value());
}
