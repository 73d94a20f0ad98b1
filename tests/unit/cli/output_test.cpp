#include "cli/output.hpp"

#include <catch2/catch.hpp>

namespace stockd::cli {

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
}

}  // namespace stockd::cli
