#include "csv/encoding.hpp"

#include <catch2/catch.hpp>

namespace csv = stockd::csv;

TEST_CASE("csv: UTF-8 of every length is accepted", "[csv]") {
    CHECK(csv::find_invalid_utf8("") == std::string_view::npos);
    CHECK(csv::find_invalid_utf8("plain ASCII of some length") == std::string_view::npos);
    CHECK(
        csv::find_invalid_utf8("\xC2\xA3 \xE2\x82\xAC \xF0\x9F\x8D\x95 12345678") ==
        std::string_view::npos
    );
    CHECK(
        csv::find_invalid_utf8("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF") == std::string_view::npos
    );
}

TEST_CASE("csv: what is not UTF-8 is found at its first byte", "[csv]") {
    CHECK(csv::find_invalid_utf8("abcdefgh\x91q") == 8);
    CHECK(csv::find_invalid_utf8("\xC0\xAF") == 0);          // overlong slash
    CHECK(csv::find_invalid_utf8("a\xE0\x80\xAF") == 1);     // overlong
    CHECK(csv::find_invalid_utf8("\xED\xA0\x80") == 0);      // surrogate
    CHECK(csv::find_invalid_utf8("\xF4\x90\x80\x80") == 0);  // above U+10FFFF
    CHECK(csv::find_invalid_utf8("\xE2\x82") == 0);          // cut short
    CHECK(csv::find_invalid_utf8("ok \xE2\x82x") == 3);
}

TEST_CASE("csv: latin1 and windows-1252 differ in the bytes 0x80 to 0x9F", "[csv]") {
    std::string out;
    csv::append_as_utf8(out, "\xA3 \x91q", csv::Encoding::kWindows1252);
    CHECK(out == "\xC2\xA3 \xE2\x80\x98q");
    out.clear();
    csv::append_as_utf8(out, "\xA3 \x91q", csv::Encoding::kLatin1);
    CHECK(out == "\xC2\xA3 \xC2\x91q");
    out.clear();
    csv::append_as_utf8(out, "\xC2\xA3", csv::Encoding::kUtf8);
    CHECK(out == "\xC2\xA3");
}

TEST_CASE("csv: an encoding goes by its usual names", "[csv]") {
    CHECK(csv::parse_encoding("UTF-8") == csv::Encoding::kUtf8);
    CHECK(csv::parse_encoding("latin1") == csv::Encoding::kLatin1);
    CHECK(csv::parse_encoding("cp1252") == csv::Encoding::kWindows1252);
    CHECK_FALSE(csv::parse_encoding("ebcdic"));
}
