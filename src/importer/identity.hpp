#pragma once

#include "importer/batch.hpp"
#include "importer/line_ranges.hpp"

#include <functional>
#include <string>

/// Which lines of which file the database has applied. One thread per connection.
namespace stockd::importer {

struct Identity {
    ImportKey key;
    LineRanges
        applied_before;  ///< empty where lines are known by ids: the database tells those apart
};

/// Waits until no other run of the file with this content is about, and keeps others waiting as
/// long as the connection lasts. False when cancelled. A courtesy: what keeps two runs from
/// applying the same line is in the database (begin_import).
[[nodiscard]] base::Result<bool> claim_file(
    pg::Connection& connection,
    const Spec& spec,
    const std::string& hash,
    const std::function<bool()>& is_cancelled
);

/// Finds or makes the record of the file with this content. Earlier runs of it can apply nothing
/// more.
[[nodiscard]] base::Result<Identity> begin_import(
    pg::Connection& connection, const Spec& spec, const Mapper& mapper, const std::string& hash
);

/// What begin_import would find, without writing anything. The key is of no use.
[[nodiscard]] base::Result<Identity> look_back(
    pg::Connection& connection, const Spec& spec, const std::string& hash
);

}  // namespace stockd::importer
