#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "change/position.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stockd::change {

/// One row of inventory_stock as a reader needs it.
struct StockRow {
    base::StoreId store;
    base::ProductId product;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t low_stock_threshold = 0;
    std::int64_t version = 0;
    base::Timestamp updated_at;
    bool allow_negative = false;
    friend bool operator==(const StockRow&, const StockRow&) = default;
};

struct ProductRow {
    base::ProductId product;
    std::string sku;
    std::string name;
    std::int64_t pieces_per_pack = 1;
    std::int64_t packs_per_box = 1;
    base::Timestamp updated_at;
    bool active = true;
    friend bool operator==(const ProductRow&, const ProductRow&) = default;
};

struct StoreRow {
    base::StoreId store;
    std::string code;
    std::string name;
    bool active = true;
    friend bool operator==(const StoreRow&, const StoreRow&) = default;
};

/// A changed key and its row as it is now; no row means deleted.
struct StockChange {
    base::StoreId store;
    base::ProductId product;
    std::optional<StockRow> now;
};

struct ProductChange {
    base::ProductId product;
    std::optional<ProductRow> now;
};

struct StoreChange {
    base::StoreId store;
    std::optional<StoreRow> now;
};

using Uuid = std::array<std::uint8_t, 16>;

/// What one drain found: everything visible at `position` and not at the one before, coalesced to
/// keys with their current rows. Applied whole or not at all.
struct ChangeSet {
    Position position;
    std::vector<StockChange> stock;
    std::vector<ProductChange> products;
    std::vector<StoreChange> stores;
    /// Nonces of canaries that came through the feed; not a change of stock.
    std::vector<Uuid> canaries;
    /// Movements and events read, before coalescing; canaries not counted.
    std::int64_t feed_rows = 0;

    [[nodiscard]] bool empty() const noexcept {
        return stock.empty() && products.empty() && stores.empty() && canaries.empty();
    }
};

/// Receives a full load, in any order within a kind; stores and products come before stock.
struct LoadSink {
    virtual ~LoadSink() = default;
    LoadSink() = default;
    LoadSink(const LoadSink&) = delete;
    LoadSink& operator=(const LoadSink&) = delete;
    LoadSink(LoadSink&&) = delete;
    LoadSink& operator=(LoadSink&&) = delete;
    virtual void add_store(StoreRow row) = 0;
    virtual void add_product(ProductRow row) = 0;
    virtual void add_stock(const StockRow& row) = 0;
};

}  // namespace stockd::change
