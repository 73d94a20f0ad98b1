#pragma once

#include "migrate/schema_files.hpp"

#include <map>
#include <string>
#include <vector>

/// What a database holds against what a program carries: pure, no database.
namespace stockd::migrate {

/// A row of inventory.schema_migration.
struct AppliedMigration {
    int number = 0;
    std::string name;
    std::string checksum;
    bool is_breaking = false;
    std::string program_version;
    std::string applied_at;  ///< as the server prints it, empty when it does not matter
};

/// A row of inventory.schema_repeatable.
struct AppliedRepeatable {
    std::string path;
    std::string checksum;
    std::string program_version;
    std::string applied_at;
};

/// What a database says about its schema.
struct Applied {
    bool is_installed = false;                 ///< the two tables exist
    std::vector<AppliedMigration> migrations;  ///< by number
    std::vector<AppliedRepeatable> repeatables;

    [[nodiscard]] int newest() const noexcept {
        return migrations.empty() ? 0 : migrations.back().number;
    }
};

/// What is left to do. Pointers into the SchemaFiles that the plan was made from.
struct Plan {
    std::vector<const Migration*> migrations;
    std::vector<const Repeatable*> repeatables;
    std::vector<std::string> warnings;  ///< sentences for people
    bool is_database_newer =
        false;  ///< it has migrations this program does not know, none of them breaking

    [[nodiscard]] bool empty() const noexcept { return migrations.empty() && repeatables.empty(); }
};

/// Errors, all kSchemaMismatch with what to do in `hint`: an applied file was edited or renamed, a
/// gap, a newer breaking migration. A newer schema that does not break is left as it is (no plan, a
/// warning); a repeatable file that a newer program applied is not replaced by an older one's.
[[nodiscard]] base::Result<Plan> make_plan(const SchemaFiles& files, const Applied& applied);

/// Negative, zero or positive: "0.9.1" < "0.10.0". What is not a number counts as 0.
[[nodiscard]] int compare_versions(std::string_view left, std::string_view right) noexcept;

}  // namespace stockd::migrate
