#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace stockd::base {

/// A database key that cannot be mixed up with another table's. 0 is no key (identity columns start
/// at 1).
template <class Tag>
struct Id {
    std::int64_t value = 0;
    friend auto operator<=>(const Id&, const Id&) = default;
};

using StoreId = Id<struct StoreTag>;
using ProductId = Id<struct ProductTag>;
using VendorId = Id<struct VendorTag>;
using CategoryId = Id<struct CategoryTag>;

}  // namespace stockd::base

template <class Tag>
struct std::hash<stockd::base::Id<Tag>> {
    std::size_t operator()(const stockd::base::Id<Tag>& id) const noexcept {
        // Fibonacci hashing: identity keys are dense, and a plain identity would cluster in
        // power-of-two tables.
        return static_cast<std::size_t>(
            static_cast<std::uint64_t>(id.value) * 0x9E3779B97F4A7C15ULL
        );
    }
};
