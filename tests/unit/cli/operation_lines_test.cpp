#include "cli/operation_lines.hpp"

#include <catch2/catch.hpp>

using stockd::cli::line_syntax;
using stockd::cli::LineForm;
using stockd::cli::lines_json;

TEST_CASE("cli: lines as they are typed become the lines of an operation") {
    const LineForm form{.money = "price", .version = "expected_version"};
    REQUIRE(*lines_json({"MUG=2"}, form) == R"([{"sku": "MUG", "quantity": 2}])");
    REQUIRE(
        *lines_json({"MUG=1.50:kilogram@9.990#12", "CUP=-1"}, form) ==
        R"([{"sku": "MUG", "quantity": 1.50, "unit": "kilogram", "price": 9.990, "expected_version": 12}, )"
        R"({"sku": "CUP", "quantity": -1}])"
    );
    REQUIRE(*lines_json({}, form) == "[]");
}

TEST_CASE("cli: a difference may have a plus, and only one sign") {
    const LineForm form{.is_difference = true};
    REQUIRE(
        *lines_json({"MUG=+2:box", "CUP=-1"}, form) ==
        R"([{"sku": "MUG", "quantity": 2, "unit": "box"}, {"sku": "CUP", "quantity": -1}])"
    );
    for (const auto* word : {"MUG=+", "MUG=+-1", "MUG=-+1", "MUG=++1", "MUG=+ 1"}) {
        CAPTURE(word);
        const auto lines = lines_json({word}, form);
        REQUIRE_FALSE(lines);
        REQUIRE(lines.error().message.find('"' + std::string(word)) == 0);
    }
}

TEST_CASE("cli: a code may hold what separates the parts of a line") {
    REQUIRE(*lines_json({R"(a=b:"c"@#=3)"}, {}) == R"([{"sku": "a=b:\"c\"@#", "quantity": 3}])");
}

TEST_CASE("cli: a line of a document is named by its number") {
    const LineForm form{.left = "line", .is_quantity_optional = true};
    REQUIRE(*lines_json({"2=1", "3"}, form) == R"([{"line": 2, "quantity": 1}, {"line": 3}])");
    REQUIRE_FALSE(lines_json({"MUG=1"}, form));
    REQUIRE(line_syntax(form) == "LINE[=QUANTITY]");
}

TEST_CASE("cli: what is no line is named, with how to write one") {
    const LineForm form{.money = "unit_cost"};
    for (const auto* word :
         {"MUG",
          "=2",
          "MUG=",
          "MUG=two",
          "MUG=1e3",
          "MUG=0x10",
          "MUG=01",
          "MUG=1.",
          "MUG=.5",
          "MUG=+1",
          "MUG=1 ",
          "MUG=1,5",
          "MUG=1}",
          "MUG=1@free",
          "MUG=1@"}) {
        CAPTURE(word);
        const auto lines = lines_json({"OK=1", word}, form);
        REQUIRE_FALSE(lines);
        REQUIRE(lines.error().message.find('"' + std::string(word)) == 0);
        REQUIRE(lines.error().hint == "A line is written SKU=QUANTITY[:UNIT][@UNIT_COST].");
    }
}
