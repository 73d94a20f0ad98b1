#pragma once

#include "base/result.hpp"
#include "change/change.hpp"
#include "pg/connection.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stockd::source {

/// Puts the rows of inventory._drain (binary format, in any order) together to a ChangeSet.
class DrainRows {
  public:
    explicit DrainRows(change::Position from)
        : from_(std::move(from)) {}

    /// The first row of `row`. kSchemaMismatch when it is not as the contract says.
    [[nodiscard]] base::Result<void> add(const pg::Rows& row);
    /// The set with its position, once all rows were added.
    [[nodiscard]] base::Result<change::ChangeSet> finish();

  private:
    [[nodiscard]] bool add_stock(const pg::Rows& row);
    [[nodiscard]] bool add_detail(char kind, const pg::Rows& row);

    change::Position from_;
    change::ChangeSet changes_;
    bool has_position_ = false;
};

/// "0189..-..-" as 16 bytes; nothing when it is no UUID.
[[nodiscard]] std::optional<change::Uuid> parse_uuid(std::string_view text) noexcept;
[[nodiscard]] std::string format_uuid(const change::Uuid& uuid);

}  // namespace stockd::source
