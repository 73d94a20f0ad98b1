#include "web/query.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace stockd::web {

using namespace std::string_literals;

TEST_CASE("web: a target is split at its first question mark", "[web]") {
    const auto plain = split_target("/a/b");
    REQUIRE(plain.has_value());
    CHECK(plain->path == "/a/b");
    CHECK(plain->query.empty());
    const auto both = split_target("/a?b=1?c");
    REQUIRE(both.has_value());
    CHECK(both->path == "/a");
    CHECK(both->query == "b=1?c");
}

TEST_CASE("web: a target with scheme and host is the same as one without", "[web]") {
    const auto whole = split_target("http://shop:8080/a?b=1");
    REQUIRE(whole.has_value());
    CHECK(whole->path == "/a");
    CHECK(whole->query == "b=1");
    const auto bare = split_target("https://shop");
    REQUIRE(bare.has_value());
    CHECK(bare->path == "/");
}

TEST_CASE("web: what is no path is no target", "[web]") {
    const auto* const text = GENERATE("", "*", "shop:8080", "api/inventory", "?a=1", "ftp://x/y");
    CHECK_FALSE(split_target(text).has_value());
}

TEST_CASE("web: percent-encoding is decoded once", "[web]") {
    std::string out = "left over";
    CHECK(percent_decode("a%2Fb%2fc", Plus::kItself, out) == DecodeResult::kOk);
    CHECK(out == "a/b/c");
    CHECK(percent_decode("%2541", Plus::kItself, out) == DecodeResult::kOk);
    CHECK(out == "%41");
    CHECK(percent_decode("caf%C3%A9", Plus::kItself, out) == DecodeResult::kOk);
    CHECK(out == "caf\u00e9");
    CHECK(percent_decode("", Plus::kItself, out) == DecodeResult::kOk);
    CHECK(out.empty());
}

TEST_CASE("web: a plus sign is a space only where it says so", "[web]") {
    std::string out;
    CHECK(percent_decode("a+b%2B", Plus::kSpace, out) == DecodeResult::kOk);
    CHECK(out == "a b+");
    CHECK(percent_decode("a+b", Plus::kItself, out) == DecodeResult::kOk);
    CHECK(out == "a+b");
}

TEST_CASE("web: text that PostgreSQL could not hold is not decoded", "[web]") {
    std::string out;
    CHECK(percent_decode("a%00b", Plus::kItself, out) == DecodeResult::kNul);
    CHECK(percent_decode("a\0b"s, Plus::kItself, out) == DecodeResult::kNul);
    const auto* const broken = GENERATE("%", "%4", "a%4", "%zz", "%4g", "%%41", "% 1");
    CHECK(percent_decode(broken, Plus::kItself, out) == DecodeResult::kBadEscape);
    const auto* const not_utf8 = GENERATE(
        "%ff",           // no lead byte
        "%c3",           // cut off
        "%c0%af",        // overlong slash
        "%e0%80%af",     // overlong slash
        "%ed%a0%80",     // surrogate
        "%f4%90%80%80",  // above U+10FFFF
        "%f0%80%80%80",  // overlong
        "%80",           // continuation alone
        "%e2%82",        // cut off
        "%e2%28%a1",     // bad continuation
        "%f0%9f%98%28"   // bad last continuation
    );
    CHECK(percent_decode(not_utf8, Plus::kItself, out) == DecodeResult::kNotUtf8);
}

TEST_CASE("web: a query is read piece by piece", "[web]") {
    QueryReader reader{"&a=1&&b=&c&d=e=f&"};
    std::vector<std::pair<std::string, std::string>> got;
    while (const auto parameter = reader.next()) {
        got.emplace_back(parameter->name, parameter->value.value_or("(none)"));
    }
    CHECK(
        got ==
        std::vector<std::pair<std::string, std::string>>{
            {"a", "1"}, {"b", ""}, {"c", "(none)"}, {"d", "e=f"}}
    );
}

TEST_CASE("web: a number is digits and nothing else", "[web]") {
    CHECK(parse_unsigned("0") == 0U);
    CHECK(parse_unsigned("007") == 7U);
    CHECK(parse_unsigned("18446744073709551615") == 18446744073709551615ULL);
    const auto* const text =
        GENERATE("", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "18446744073709551616", "abc");
    CHECK_FALSE(parse_unsigned(text).has_value());
}

TEST_CASE("web: a cursor gives back its code", "[web]") {
    const std::string sku = "a/b c,\u00e9";
    CHECK(parse_cursor(make_cursor(sku)) == sku);
    CHECK(make_cursor(sku).find_first_not_of("c0123456789abdef") == std::string::npos);
    const auto* const text = GENERATE("", "c1", "c1f", "c2ff", "c1zz", "c1ff", "c100", "TEA-1");
    CHECK_FALSE(parse_cursor(text).has_value());
}

}  // namespace stockd::web
