#pragma once

#include "migrate/schema_files.hpp"

#include <string_view>
#include <vector>

namespace stockd::migrate {

/// One file of db/ as the build found it.
struct EmbeddedFile {
    std::string_view path;      ///< below db/, e.g. "migrations/0001_create_tables.sql"
    std::string_view checksum;  ///< SHA-256, lower-case hex
    std::string_view body;
};

/// In the order of application. Generated at build time; any thread.
[[nodiscard]] const std::vector<EmbeddedFile>& embedded_files();

/// The schema that this program was built with; parsed at the first call, any thread.
[[nodiscard]] const SchemaFiles& embedded_schema();

}  // namespace stockd::migrate
