#include "migrate/plan.hpp"

#include <catch2/catch.hpp>

namespace stockd {

using migrate::Applied;
using migrate::make_plan;
using migrate::SchemaFiles;

namespace {

SchemaFiles three_files() {
    SchemaFiles files;
    files.program_version = "1.0.0";
    files.migrations = {
        {1, "0001_a", "migrations/0001_a.sql", "c1", false, {}},
        {2, "0002_b", "migrations/0002_b.sql", "c2", false, {}},
        {3, "0003_c", "migrations/0003_c.sql", "c3", true, {}}};
    files.repeatables = {
        {"functions/f.sql", "f1", {}}, {"views/v.sql", "v1", {}}, {"grants.sql", "g1", {}}};
    return files;
}

Applied all_applied() {
    Applied applied;
    applied.is_installed = true;
    applied.migrations = {
        {1, "0001_a", "c1", false, "1.0.0", ""},
        {2, "0002_b", "c2", false, "1.0.0", ""},
        {3, "0003_c", "c3", true, "1.0.0", ""}};
    applied.repeatables = {
        {"functions/f.sql", "f1", "1.0.0", ""},
        {"views/v.sql", "v1", "1.0.0", ""},
        {"grants.sql", "g1", "1.0.0", ""}};
    return applied;
}

base::Error refusal(const Applied& applied) {
    const auto files = three_files();
    const auto plan = make_plan(files, applied);
    REQUIRE(plan.has_error());
    CHECK(plan.error().code == base::ErrorCode::kSchemaMismatch);
    CHECK_FALSE(plan.error().hint.empty());
    return plan.error();
}

std::vector<std::string> repeatable_paths(const migrate::Plan& plan) {
    std::vector<std::string> paths;
    for (const auto* file : plan.repeatables) {
        paths.push_back(file->path);
    }
    return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("migrate: an empty database gets everything in order", "[migrate]") {
    const auto files = three_files();
    const auto plan = make_plan(files, {});
    REQUIRE(plan.has_value());
    REQUIRE(plan->migrations.size() == 3);
    CHECK(plan->migrations[0]->number == 1);
    CHECK(plan->migrations[2]->number == 3);
    CHECK(repeatable_paths(*plan) == Paths{"functions/f.sql", "views/v.sql", "grants.sql"});
}

TEST_CASE("migrate: a database that is up to date gets nothing", "[migrate]") {
    const auto files = three_files();
    const auto plan = make_plan(files, all_applied());
    REQUIRE(plan.has_value());
    CHECK(plan->empty());
    CHECK(plan->warnings.empty());
}

TEST_CASE(
    "migrate: only later migrations are missing, and grants follow whatever was applied",
    "[migrate]"
) {
    const auto files = three_files();
    auto applied = all_applied();
    applied.migrations.pop_back();
    const auto plan = make_plan(files, applied);
    REQUIRE(plan.has_value());
    REQUIRE(plan->migrations.size() == 1);
    CHECK(plan->migrations[0]->number == 3);
    CHECK(repeatable_paths(*plan) == Paths{"grants.sql"});
}

TEST_CASE("migrate: a changed repeatable file is applied again, and grants after it", "[migrate]") {
    const auto files = three_files();
    auto applied = all_applied();
    applied.repeatables[0].checksum = "old";
    const auto plan = make_plan(files, applied);
    REQUIRE(plan.has_value());
    CHECK(repeatable_paths(*plan) == Paths{"functions/f.sql", "grants.sql"});
}

TEST_CASE(
    "migrate: a repeatable file whose row a migration deleted is applied again", "[migrate]"
) {
    const auto files = three_files();
    auto applied = all_applied();
    applied.repeatables.erase(applied.repeatables.begin() + 1);
    const auto plan = make_plan(files, applied);
    REQUIRE(plan.has_value());
    CHECK(repeatable_paths(*plan) == Paths{"views/v.sql", "grants.sql"});
}

TEST_CASE(
    "migrate: an older program does not put its repeatable files over a newer one's", "[migrate]"
) {
    const auto files = three_files();
    auto applied = all_applied();
    applied.repeatables[0] = {"functions/f.sql", "newer", "1.10.0", ""};
    const auto plan = make_plan(files, applied);
    REQUIRE(plan.has_value());
    CHECK(plan->empty());
    REQUIRE(plan->warnings.size() == 1);
    CHECK(plan->warnings[0].find("1.10.0") != std::string::npos);
}

TEST_CASE("migrate: an older program does not put back what a newer one has removed", "[migrate]") {
    const auto files = three_files();
    auto applied = all_applied();
    applied.repeatables = {
        {"functions/f.sql", "newer", "1.10.0", ""}, {"grants.sql", "newer", "1.10.0", ""}};
    const auto plan = make_plan(files, applied);
    REQUIRE(plan.has_value());
    CHECK(plan->empty());
    CHECK(plan->warnings.size() == 1);
}

TEST_CASE("migrate: an edited applied file is refused by name", "[migrate]") {
    auto applied = all_applied();
    applied.migrations[1].checksum = "other";
    CHECK(refusal(applied).message == "migration 0002_b was edited after it was applied");
}

TEST_CASE("migrate: the same number under another name is refused", "[migrate]") {
    auto applied = all_applied();
    applied.migrations[1].name = "0002_other";
    CHECK(refusal(applied).message.find("called 0002_other in the database") != std::string::npos);
}

TEST_CASE("migrate: a gap in what was applied is refused", "[migrate]") {
    auto applied = all_applied();
    applied.migrations.erase(applied.migrations.begin() + 1);
    CHECK(refusal(applied).message == "migration 0002_b was never applied, but 3 was");
}

TEST_CASE(
    "migrate: a newer migration that breaks is refused, one that does not is left alone with a "
    "warning",
    "[migrate]"
) {
    const auto files = three_files();
    auto applied = all_applied();
    applied.repeatables[0].checksum = "newer";
    applied.migrations.push_back({4, "0004_d", "c4", false, "1.1.0", ""});
    const auto plan = make_plan(files, applied);
    REQUIRE(plan.has_value());
    CHECK(plan->empty());
    CHECK(plan->is_database_newer);
    CHECK(plan->warnings.size() == 1);

    applied.migrations.push_back({5, "0005_e", "c5", true, "1.2.0", ""});
    const auto error = refusal(applied);
    CHECK(error.message.find("0005_e changed what it relies on") != std::string::npos);
    CHECK(error.hint == "Install version 1.2.0 or later.");
}

TEST_CASE("migrate: versions compare by number", "[migrate]") {
    CHECK(migrate::compare_versions("0.9.1", "0.10.0") < 0);
    CHECK(migrate::compare_versions("1.0", "1.0.0") == 0);
    CHECK(migrate::compare_versions("2.0.0", "1.99.99") > 0);
    CHECK(migrate::compare_versions("nonsense", "0.0.1") < 0);
}

}  // namespace stockd
