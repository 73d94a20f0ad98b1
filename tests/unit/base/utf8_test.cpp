#include "base/utf8.hpp"

#include <catch2/catch.hpp>

namespace base = stockd::base;

TEST_CASE("base: UTF-8 of every length is accepted", "[base]") {
    CHECK(base::find_invalid_utf8("") == std::string_view::npos);
    CHECK(base::find_invalid_utf8("plain ASCII of some length") == std::string_view::npos);
    CHECK(
        base::find_invalid_utf8("\xC2\xA3 \xE2\x82\xAC \xF0\x9F\x8D\x95 12345678") ==
        std::string_view::npos
    );
    CHECK(
        base::find_invalid_utf8("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF") ==
        std::string_view::npos
    );
}

TEST_CASE("base: what is not UTF-8 is found at its first byte", "[base]") {
    CHECK(base::find_invalid_utf8("abcdefgh\x91q") == 8);
    CHECK(base::find_invalid_utf8("\xC0\xAF") == 0);          // overlong slash
    CHECK(base::find_invalid_utf8("a\xE0\x80\xAF") == 1);     // overlong
    CHECK(base::find_invalid_utf8("\xED\xA0\x80") == 0);      // surrogate
    CHECK(base::find_invalid_utf8("\xF4\x90\x80\x80") == 0);  // above U+10FFFF
    CHECK(base::find_invalid_utf8("\xE2\x82") == 0);          // cut short
    CHECK(base::find_invalid_utf8("ok \xE2\x82x") == 3);
}

TEST_CASE("base: a text is UTF-8 or it is not", "[base]") {
    CHECK(base::is_utf8(""));
    CHECK(base::is_utf8("A\u00e9\u20ac\U0001F600\U0010FFFF"));
    CHECK(base::is_utf8("\xED\x9F\xBF\xEE\x80\x80"));
    CHECK_FALSE(base::is_utf8("\xE9"));
}

TEST_CASE("base: a character has a length, and what is none has not", "[base]") {
    CHECK(base::utf8_length("A") == 1);
    CHECK(base::utf8_length("\u00e9!") == 2);
    CHECK(base::utf8_length("\u20ac!") == 3);
    CHECK(base::utf8_length("\U0001F600!") == 4);
    CHECK(base::utf8_length("\x9B!") == 0);
    CHECK(base::utf8_length("\xE2\x82!") == 0);
}
