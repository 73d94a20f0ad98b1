#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stockd::cache {

namespace detail {
struct Block;
class StoreTable;
}  // namespace detail

/// One stock row of an active store. The code points into the Reading.
struct StockView {
    std::string_view store_code;
    base::StoreId store;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t low_stock_threshold = 0;
    std::int64_t version = 0;
    base::Timestamp updated_at;
    bool allow_negative = false;
    /// on_hand - reserved; at the end of the range it stays there and never wraps.
    [[nodiscard]] std::int64_t available() const noexcept;
};

/// Sums over the stock rows of active stores; at the end of the range they stay there and never
/// wrap.
struct Totals {
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    [[nodiscard]] std::int64_t available() const noexcept;
    friend bool operator==(const Totals&, const Totals&) = default;
};

/// A product as one published state holds it. A view: valid while the Reading that gave it lives,
/// on the same thread.
class ProductView {
  public:
    [[nodiscard]] base::ProductId id() const noexcept;
    [[nodiscard]] std::string_view sku() const noexcept;
    [[nodiscard]] std::string_view name() const noexcept;
    [[nodiscard]] base::Packing packing() const noexcept;
    [[nodiscard]] Totals totals() const noexcept;
    /// The newest of the product's own time and those of its stock rows in active stores.
    [[nodiscard]] base::Timestamp updated_at() const noexcept;

    /// Rows in active stores.
    [[nodiscard]] std::size_t stock_count() const noexcept;
    /// The i-th of them in byte order of the store code. REQUIRES: i < stock_count(). O(1) when i
    /// only grows.
    [[nodiscard]] StockView stock(std::size_t i) const noexcept;
    /// Nothing: no row there, or no such active store.
    [[nodiscard]] std::optional<StockView> stock_in(std::string_view store_code) const noexcept;

  private:
    friend class Reading;

    ProductView(const detail::Block& block, const detail::StoreTable& stores) noexcept
        : block_(&block),
          stores_(&stores) {}

    /// Where stock() was last: its row number among the visible ones, and where that cell is.
    struct Cursor {
        std::size_t row = 0;
        std::uint32_t chunk = 0;
        std::uint32_t cell = 0;
    };

    const detail::Block* block_;
    const detail::StoreTable* stores_;
    mutable Cursor cursor_;
};

/// Whether `quantity` units are available, over all active stores or in one. Zero or less is always
/// there; a quantity that does not fit into 64 bits of pieces, and a store without a row, never.
[[nodiscard]] bool has_stock(
    const ProductView& product,
    std::int64_t quantity,
    base::Unit unit,
    std::optional<std::string_view> store_code = std::nullopt
) noexcept;

}  // namespace stockd::cache
