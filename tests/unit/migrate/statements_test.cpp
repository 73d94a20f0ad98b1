#include "migrate/statements.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using stockd::migrate::abbreviate;
using stockd::migrate::first_word;
using stockd::migrate::split_statements;

namespace {

std::vector<std::string> texts(std::string_view text) {
    std::vector<std::string> out;
    for (const auto& statement : split_statements(text)) {
        out.push_back(statement.sql);
    }
    return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("migrate: statements end at semicolons outside of quotes and comments", "[migrate]") {
    CHECK(texts("").empty());
    CHECK(texts(" -- only a comment;\n /* a; /* nested; */ ; */ ;;\n").empty());
    CHECK(texts("select 1; select 2") == Texts{"select 1", "select 2"});
    CHECK(texts("select ';', 'it''s;';select 2;") == Texts{"select ';', 'it''s;'", "select 2"});
    CHECK(texts(R"(select ";"; select 2)") == Texts{R"(select ";")", "select 2"});
    CHECK(texts(R"(select E'\';\\'; select 2)") == Texts{R"(select E'\';\\')", "select 2"});
    CHECK(texts(R"(select '\'; select 2)") == Texts{R"(select '\')", "select 2"});
    CHECK(texts("select 1 -- ; no\n + 2; select 3") == Texts{"select 1 -- ; no\n + 2", "select 3"});
    CHECK(texts("create rule r as on insert to t do (select 1; select 2); select 3").size() == 2);
}

TEST_CASE("migrate: dollar quotes hold anything up to the same tag", "[migrate]") {
    CHECK(texts("do $$ a; b; $x$ c; $x$ $$; select 2").size() == 2);
    CHECK(texts("do $body$ a; $$; b $body$; select 2").size() == 2);
    CHECK(texts("select $1; select a$b$; select 3").size() == 3);
    CHECK(texts("do $$ never ends; select 2").size() == 1);
}

TEST_CASE("migrate: a BEGIN ATOMIC body belongs to its routine only", "[migrate]") {
    const auto statements = texts(
        "create or replace function f(x int) returns int language sql begin atomic select case "
        "when x > 0 then 1 end; "
        "select 2; end; select 3"
    );
    REQUIRE(statements.size() == 2);
    CHECK(statements[1] == "select 3");
    CHECK(
        texts("comment on function f is 'x'; create table begin_it (id int); select 1").size() == 3
    );
}

TEST_CASE("migrate: a statement knows the line of its first character", "[migrate]") {
    const auto statements =
        split_statements("-- head\n\nselect 1;\n/* two\nlines */\n  select\n 2;");
    REQUIRE(statements.size() == 2);
    CHECK(statements[0].line == 3);
    CHECK(statements[1].line == 6);
}

TEST_CASE("migrate: statements are shown on one line, cut off", "[migrate]") {
    CHECK(abbreviate("select\n   1,\t2") == "select 1, 2");
    CHECK(abbreviate("select 1234567890", 8) == "select 1 ...");
    CHECK(first_word("CREATE table") == "create");
    CHECK(first_word("(select 1)").empty());
}
