#include "csv/encoding.hpp"

#include <catch2/catch.hpp>

namespace csv = stockd::csv;

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
