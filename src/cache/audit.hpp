#pragma once

#include "change/change.hpp"

#include <limits>
#include <optional>
#include <vector>

namespace stockd::cache {

/// Keys with first <= product <= last; of one store, or of all.
struct AuditRange {
    base::ProductId first{std::numeric_limits<std::int64_t>::min()};
    base::ProductId last{std::numeric_limits<std::int64_t>::max()};
    std::optional<base::StoreId> store = std::nullopt;
};

/// A difference between the copy and the tables at one position, already healed. No `cached`: it
/// was missing; no `table`: it was held and does not exist.
struct StockDrift {
    base::StoreId store;
    base::ProductId product;
    std::optional<change::StockRow> cached;
    std::optional<change::StockRow> table;
};

struct ProductDrift {
    base::ProductId product;
    std::optional<change::ProductRow> cached;
    std::optional<change::ProductRow> table;
};

struct StoreDrift {
    base::StoreId store;
    std::optional<change::StoreRow> cached;
    std::optional<change::StoreRow> table;
};

}  // namespace stockd::cache
