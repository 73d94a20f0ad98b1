#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stockd::cli {

/// What a payload of inventory_changes says of a product, in whatever store.
struct Tidings {
    bool is_many = false;                 ///< that there is more than it names
    std::optional<std::int64_t> version;  ///< the highest that it names
};

/// Of nothing when it is no payload of ours: anybody may notify.
[[nodiscard]] Tidings tidings_of(std::string_view payload, std::string_view sku);

/// Whether this payload of inventory_changes tells of at least `version` of the product in the
/// bench's store.
enum class Told { kNo, kYes, kMany };
[[nodiscard]] Told tells_of(std::string_view payload, std::string_view sku, std::int64_t version);

}  // namespace stockd::cli
