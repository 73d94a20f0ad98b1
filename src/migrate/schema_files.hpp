#pragma once

#include "base/result.hpp"
#include "migrate/statements.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The SQL files of db/ as data: pure, no database. db/README.md describes the conventions for
/// their authors.
namespace stockd::migrate {

/// A file as it lies in db/.
struct SourceFile {
    std::string path;  ///< below db/, e.g. "functions/position.sql"
    std::string checksum;
    std::string body;
};

/// Statements that run as one role.
struct Section {
    std::string role;
    std::vector<Statement> statements;  ///< lines are the file's
};

/// A file that is applied once, in order of number, and never edited afterwards.
struct Migration {
    int number = 0;
    std::string name;  ///< "0001_create_tables"
    std::string path;
    std::string checksum;
    bool is_breaking =
        false;  ///< a program that does not know this number cannot work with the schema
    std::vector<Section> sections;
};

/// A file that is applied again when it changes: functions, triggers, views, and at the end
/// grants.sql.
struct Repeatable {
    std::string path;
    std::string checksum;
    std::vector<Section> sections;
};

/// Everything that one version of the program carries.
struct SchemaFiles {
    std::string program_version;          ///< "0.1.0"
    std::vector<Migration> migrations;    ///< 1, 2, 3 ... without a gap
    std::vector<Repeatable> repeatables;  ///< in order of application

    [[nodiscard]] int newest() const noexcept {
        return migrations.empty() ? 0 : migrations.back().number;
    }
};

inline constexpr std::string_view kOwnerRole = "inventory_owner";
inline constexpr std::string_view kEngineRole = "inventory_engine";
/// The login that migrates, whatever its name: for what only CREATEROLE may do.
inline constexpr std::string_view kInstallerRole = "installer";
inline constexpr std::string_view kGrantsPath = "grants.sql";

/// Checks names, head lines and numbering, and splits each file into sections. Errors:
/// kInvalidArgument naming file, line and the rule.
[[nodiscard]] base::Result<SchemaFiles> parse_schema(
    const std::vector<SourceFile>& files, std::string_view program_version
);

}  // namespace stockd::migrate
