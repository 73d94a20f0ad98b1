#pragma once

#include <cstdint>
#include <string_view>

namespace stockd::cli {

/// Whether this payload of inventory_changes tells of at least `version` of the product in the
/// bench's store.
enum class Told { kNo, kYes, kMany };
[[nodiscard]] Told tells_of(std::string_view payload, std::string_view sku, std::int64_t version);

}  // namespace stockd::cli
