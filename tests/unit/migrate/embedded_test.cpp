#include "migrate/embedded.hpp"

#include <catch2/catch.hpp>

namespace stockd {

TEST_CASE("migrate: the embedded schema keeps the rules of db/README.md", "[migrate]") {
    std::vector<migrate::SourceFile> sources;
    for (const auto& file : migrate::embedded_files()) {
        CHECK(file.checksum.size() == 64);
        sources.push_back(
            {std::string(file.path), std::string(file.checksum), std::string(file.body)}
        );
    }
    const auto parsed = migrate::parse_schema(sources, "1.0.0");
    if (!parsed) {
        FAIL(base::describe(parsed.error()));
    }
    CHECK(parsed->newest() >= 1);
    REQUIRE_FALSE(parsed->repeatables.empty());
    CHECK(parsed->repeatables.back().path == "grants.sql");
}

TEST_CASE("migrate: the embedded schema names the program's version", "[migrate]") {
    CHECK_FALSE(migrate::embedded_schema().program_version.empty());
    CHECK(migrate::embedded_schema().migrations.front().name == "0001_withhold_functions");
}

}  // namespace stockd
