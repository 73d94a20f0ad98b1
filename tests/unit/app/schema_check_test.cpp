#include "app/schema_check.hpp"

#include <catch2/catch.hpp>

using namespace stockd;
using Catch::Matchers::Contains;

TEST_CASE("schema check: a database without the tables is told to be migrated", "[app]") {
    const auto check = app::schema_check();
    const base::Error no_table{
        base::ErrorCode::kSchemaMismatch, "no such relation", {}, {}, "42P01"};
    const auto judged = check.judge(no_table);
    REQUIRE_FALSE(judged.has_value());
    CHECK(judged.error().code == base::ErrorCode::kSchemaMismatch);
    CHECK_THAT(base::describe(judged.error()), Contains("stockctl migrate"));
}

TEST_CASE("schema check: a login without the privilege is told what to be granted", "[app]") {
    const auto check = app::schema_check();
    const base::Error denied{
        base::ErrorCode::kPermissionDenied, "permission denied", {}, {}, "42501"};
    const auto judged = check.judge(denied);
    REQUIRE_FALSE(judged.has_value());
    CHECK(judged.error().code == base::ErrorCode::kPermissionDenied);
    CHECK_THAT(judged.error().hint, Contains("GRANT inventory_daemon"));
}

TEST_CASE("schema check: a failed read is no judgement about the schema", "[app]") {
    const auto check = app::schema_check();
    const auto judged = check.judge(base::Error{base::ErrorCode::kUnavailable, "gone", {}, {}, {}});
    REQUIRE_FALSE(judged.has_value());
    CHECK(judged.error().code == base::ErrorCode::kUnavailable);
}
