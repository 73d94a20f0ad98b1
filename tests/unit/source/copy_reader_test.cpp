#include "source/copy_reader.hpp"

#include <catch2/catch.hpp>

namespace stockd::source {

namespace {

std::string be(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) {
        text += static_cast<char>((value >> (8 * i)) & 0xff);
    }
    return text;
}

const std::string kHeader = std::string("PGCOPY\n\377\r\n\0", 11) + be(0, 4) + be(0, 4);
const std::string kTrailer = be(0xffff, 2);

std::string row(const std::string& first, bool second_is_null) {
    std::string text = be(2, 2) + be(first.size(), 4) + first;
    return text + (second_is_null ? be(0xffffffff, 4) : be(3, 4) + "two");
}

struct Collected {
    std::vector<std::string> rows;
    CopyReader reader{
        2, [this](const CopyReader::Row& fields) {
            rows.push_back(std::string(*fields[0]) + '/' + std::string(fields[1].value_or("null")));
            return true;
        }};
};

}  // namespace

TEST_CASE("source: a binary COPY is read whole, in whatever pieces it comes", "[source]") {
    const auto file =
        kHeader + row("a", false) + row("", true) + row(std::string(5000, 'x'), false) + kTrailer;
    const auto piece = GENERATE(1U, 2U, 7U, 19U, 20U, 100'000U);
    Collected collected;
    for (std::size_t at = 0; at < file.size(); at += piece) {
        REQUIRE(collected.reader.add(std::string_view(file).substr(at, piece)).has_value());
    }
    CHECK(collected.reader.finish().has_value());
    CHECK(collected.reader.rows() == 3);
    REQUIRE(collected.rows.size() == 3);
    CHECK(collected.rows[0] == "a/two");
    CHECK(collected.rows[1] == "/null");
    CHECK(collected.rows[2] == std::string(5000, 'x') + "/two");
}

TEST_CASE("source: a binary COPY without its trailer is not whole", "[source]") {
    Collected collected;
    CHECK(collected.reader.add(kHeader + row("a", false)).has_value());
    CHECK_FALSE(collected.reader.finish().has_value());
}

TEST_CASE("source: what is no binary COPY of these columns is refused", "[source]") {
    const auto file = GENERATE(
        std::string("PGCOPY\n\377\r\n\1", 11) + be(0, 8),  // another signature
        kHeader + be(3, 2),                                // three columns
        kHeader + be(2, 2) + be(0x80000000, 4),            // a negative length
        kHeader + kTrailer + "x"
    );  // something after the end
    Collected collected;
    CHECK_FALSE(collected.reader.add(file).has_value());
}

}  // namespace stockd::source
