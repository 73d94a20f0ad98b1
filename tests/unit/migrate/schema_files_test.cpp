#include "migrate/schema_files.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace stockd;
using migrate::parse_schema;

namespace {

base::Result<migrate::SchemaFiles> parse_one(const std::string& path, const std::string& body) {
    return parse_schema({{path, "abc", body}}, "1.2.3");
}

std::string refusal(const std::string& path, const std::string& body) {
    const auto parsed = parse_one(path, body);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().code == base::ErrorCode::kInvalidArgument);
    return parsed.error().message;
}

}  // namespace

TEST_CASE(
    "migrate: a migration says its number and whether it breaks older programs", "[migrate]"
) {
    const auto schema = parse_schema(
        {{"migrations/0001_make_a.sql", "c1", "-- breaking: no\nselect 1;"},
         {"migrations/0002_make_b.sql", "c2", "-- breaking: yes\r\nselect 1;"}},
        "1.2.3"
    );
    REQUIRE(schema.has_value());
    CHECK(schema->newest() == 2);
    CHECK(schema->migrations[0].name == "0001_make_a");
    CHECK(schema->migrations[0].checksum == "c1");
    CHECK_FALSE(schema->migrations[0].is_breaking);
    CHECK(schema->migrations[1].is_breaking);
}

TEST_CASE(
    "migrate: a migration that breaks the rules is refused with file, line and rule", "[migrate]"
) {
    CHECK(
        refusal("migrations/0001_a.sql", "select 1;")
            .find("db/migrations/0001_a.sql:1: the first line says") == 0
    );
    CHECK(
        refusal("migrations/0001_a.sql", "-- breaking: maybe\n").find("the first line says") !=
        std::string::npos
    );
    CHECK(refusal("migrations/0001_a.sql", "").find("the first line says") != std::string::npos);
    CHECK(
        refusal("migrations/1_a.sql", "-- breaking: no").find("NNNN_verb_object.sql") !=
        std::string::npos
    );
    CHECK(
        refusal("migrations/abcd_a.sql", "-- breaking: no").find("NNNN_verb_object.sql") !=
        std::string::npos
    );
    CHECK(
        refusal("migrations/0002_a.sql", "-- breaking: no").find("after 0 comes 1") !=
        std::string::npos
    );
    CHECK(
        refusal("migrations/0001_a.sql", "-- breaking: no\n\nselect 1;\ncommit;")
            .find("db/migrations/0001_a.sql:4: a file runs in one transaction") == 0
    );
    CHECK(
        refusal("functions/f.sql", "-- as: postgres\nselect 1;")
            .find(":1: \"postgres\" is none of") != std::string::npos
    );
}

TEST_CASE("migrate: a word for transactions is refused only as a statement", "[migrate]") {
    CHECK(parse_one("functions/f.sql", "do $$ begin null; end $$; select 'commit;';").has_value());
}

TEST_CASE(
    "migrate: a file runs as its folder's role, its head's role, and switches in between",
    "[migrate]"
) {
    const auto role_of = [](const std::string& path, const std::string& body) {
        const auto parsed = parse_one(path, body);
        REQUIRE(parsed.has_value());
        const auto& sections = parsed->migrations.empty() ? parsed->repeatables[0].sections
                                                          : parsed->migrations[0].sections;
        REQUIRE(sections.size() == 1);
        return sections[0].role;
    };
    CHECK(role_of("migrations/0001_a.sql", "-- breaking: no\nselect 1;") == "inventory_owner");
    CHECK(
        role_of("migrations/0001_a.sql", "-- breaking: no\n-- role: installer\nselect 1;") ==
        "installer"
    );
    CHECK(role_of("views/v.sql", "select 1;") == "inventory_owner");
    CHECK(role_of("grants.sql", "select 1;") == "inventory_owner");
    CHECK(role_of("functions/f.sql", "select 1;") == "inventory_engine");
    CHECK(
        role_of("triggers/t.sql", "-- What it is.\n\n-- role: inventory_owner\nselect 1;") ==
        "inventory_owner"
    );
    CHECK(role_of("functions/f.sql", "select 1;\n-- role: inventory_owner") == "inventory_engine");

    const auto parsed =
        parse_one("triggers/t.sql", "select 1;\n-- as: inventory_owner\n\nselect 2;\nselect 3;");
    REQUIRE(parsed.has_value());
    const auto& sections = parsed->repeatables[0].sections;
    REQUIRE(sections.size() == 2);
    CHECK(sections[0].role == "inventory_engine");
    CHECK(sections[1].role == "inventory_owner");
    REQUIRE(sections[1].statements.size() == 2);
    CHECK(sections[1].statements[0].line == 4);
    CHECK(sections[1].statements[1].line == 5);
}
