#include "cli/exact_json.hpp"

#include <catch2/catch.hpp>

using namespace stockd::cli;

TEST_CASE("cli: parts of a JSON text are as they were written", "[cli]") {
    const auto* text =
        R"([ {"a" : 1.2300, "b": "x, ]} \" : y"} , [1, {"a": 2}], "a:b,c", -0.00000000000000000001 ])";
    REQUIRE(is_json(text));
    const auto elements = json_elements(text);
    REQUIRE(elements.size() == 4);
    CHECK(json_member(elements[0], "a") == "1.2300");
    CHECK(json_member(elements[0], "b") == R"("x, ]} \" : y")");
    CHECK(json_member(elements[0], "c").empty());
    CHECK(json_member(elements[1], "a").empty());
    CHECK(elements[2] == R"("a:b,c")");
    CHECK(elements[3] == "-0.00000000000000000001");
    CHECK(compact_json(R"({"a b" : [ 1 , "c \" d" ] })") == R"({"a b":[1,"c \" d"]})");
}

TEST_CASE("cli: what is no array has no elements, and what is no object no members", "[cli]") {
    for (const auto* text : {"[]", "{}", "1", "\"[1]\"", "null", "[ ]"}) {
        CAPTURE(text);
        REQUIRE(is_json(text));
        CHECK(json_elements(text).empty());
        CHECK(json_member(text, "a").empty());
    }
    CHECK_FALSE(is_json("{"));
    CHECK_FALSE(is_json(""));
}
