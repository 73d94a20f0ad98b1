#pragma once

#include "cache/reading.hpp"
#include "change/change.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stockd::cache::detail {

class StoreTable {};

struct Block {
    change::ProductRow row;
    std::vector<StockView> rows;
    Totals totals;
    base::Timestamp updated_at;
};

struct Tables {
    std::map<base::StoreId, change::StoreRow> stores;
    std::map<base::ProductId, change::ProductRow> products;
    std::map<std::pair<base::ProductId, base::StoreId>, change::StockRow> stock;
};

/// Whole and immutable once published.
struct State : PublishedState {
    Tables tables;
    StoreTable store_table;
    std::map<std::string, base::StoreId, std::less<>> codes;
    std::map<std::string, Block, std::less<>> skus;
};

}  // namespace stockd::cache::detail
