#include "csv/writer.hpp"

#include <catch2/catch.hpp>

namespace csv = stockd::csv;

namespace {

std::string written(std::string_view field, char delimiter = ',') {
    std::string out;
    csv::append_field(out, field, delimiter);
    return out;
}

}  // namespace

TEST_CASE("csv: a field is quoted only when it must be", "[csv]") {
    CHECK(written("plain") == "plain");
    CHECK(written("").empty());
    CHECK(written("a,b") == "\"a,b\"");
    CHECK(written("a,b", ';') == "a,b");
    CHECK(written("say \"hi\"") == "\"say \"\"hi\"\"\"");
    CHECK(written("two\nlines") == "\"two\nlines\"");
    CHECK(written("cr\r") == "\"cr\r\"");
    CHECK(written("\uFEFFmark") == "\"\uFEFFmark\"");
    CHECK(written("mark\uFEFF") == "mark\uFEFF");
    CHECK(written(" blank") == "\" blank\"");
}
