#include "cli/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

namespace stockd::cli {

TEST_CASE("cli: JSON shows numbers as plain decimals", "[cli]") {
    namespace json = boost::json;
    const json::object value{
        {"a\"b", 0.0},
        {"share", 0.998068},
        {"small", 1e-7},
        {"list", json::array{1.5, 1e21, 7, nullptr}}};
    CHECK(
        json_text(value) ==
        R"({"a\"b":0,"share":0.998068,"small":0.0000001,"list":[1.5,1000000000000000000000,7,null]})"
    );
    CHECK(
        json_text(json::object{{"o", json::object{}}, {"l", json::array{}}}) == R"({"o":{},"l":[]})"
    );
}

TEST_CASE("cli: a table pads its columns to the widest cell, by characters", "[cli]") {
    Table table({{"NAME"}, {"N", Align::kRight}, {"END"}});
    table.add({"Käse", "1", "x"});
    table.add({"ab", "1000", ""});
    CHECK(table.render() == "NAME     N  END\nKäse     1  x\nab    1000\n");
}

TEST_CASE("cli: an empty table is its titles", "[cli]") {
    CHECK(Table({{"A"}, {"B"}}).render() == "A  B\n");
}

TEST_CASE("cli: control characters never reach the terminal", "[cli]") {
    CHECK(printable("a\x1b[2Jb\n\x7f") == "a?[2Jb??");
    CHECK(printable("Käse") == "Käse");
    // U+009B begins a command as ESC [ does; U+00A0 is a blank.
    CHECK(printable("\u009B2J") == "?2J");
    CHECK(printable("\u00A0") == "\u00A0");
    // Not UTF-8: to a terminal of another encoding a single byte is such a command.
    CHECK(printable("\xC2") == "?");
    CHECK(printable("\x9B[2J") == "?[2J");
    CHECK(printable("\xE2\x80") == "??");
    // A line that is turned around reads as another; a line must stay one.
    for (const auto* turned : {"\u061C", "\u200F", "\u2028", "\u202E", "\u2066"}) {
        CHECK(printable(turned) == "?");
    }
    CHECK(printable("\u2014\u20AC\U0001F4E6") == "\u2014\u20AC\U0001F4E6");
}

}  // namespace stockd::cli
