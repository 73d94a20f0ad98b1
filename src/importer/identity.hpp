#pragma once

#include "importer/batch.hpp"
#include "importer/line_ranges.hpp"

#include <string>

/// Which lines of which file the database has applied. One thread per connection.
namespace stockd::importer {

struct Identity {
    ImportKey key;
    LineRanges
        applied_before;  ///< empty where lines are known by ids: the database tells those apart
};

/// Finds or makes the record of the file with this content.
[[nodiscard]] base::Result<Identity> begin_import(
    pg::Connection& connection, const Spec& spec, const Mapper& mapper, const std::string& hash
);

/// What begin_import would find, without writing anything. The key is of no use.
[[nodiscard]] base::Result<Identity> look_back(
    pg::Connection& connection, const Spec& spec, const std::string& hash
);

}  // namespace stockd::importer
