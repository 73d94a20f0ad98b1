#pragma once

#include "cache/cache.hpp"
#include "change/change.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// The tables as plain maps, what a reader must see of them, and short ways to write rows.
namespace cache_test {

using stockd::base::ProductId;
using stockd::base::StoreId;
using stockd::base::Timestamp;
using stockd::change::ChangeSet;
using stockd::change::Position;
using stockd::change::ProductRow;
using stockd::change::StockRow;
using stockd::change::StoreRow;

[[nodiscard]] Position position_at(std::uint64_t xmax);
[[nodiscard]] StoreRow store(std::int64_t id, std::string code, bool active = true);
[[nodiscard]] ProductRow product(std::int64_t id, std::string sku, bool active = true);
[[nodiscard]] StockRow stock(
    std::int64_t store,
    std::int64_t product,
    std::int64_t on_hand,
    std::int64_t reserved = 0,
    std::int64_t version = 1
);

struct Model {
    using StockKey = std::pair<std::int64_t, std::int64_t>;  // product, store

    std::map<std::int64_t, StoreRow> stores;
    std::map<std::int64_t, ProductRow> products;
    std::map<StockKey, StockRow> stock;

    Model& with(const StoreRow& row);
    Model& with(const ProductRow& row);
    Model& with(const StockRow& row);

    [[nodiscard]] std::vector<StockRow> stock_rows() const;
    [[nodiscard]] std::vector<ProductRow> product_rows() const;
    [[nodiscard]] std::vector<StoreRow> store_rows() const;
    /// A loader that was given all rows, in an order drawn from `random`, stores and products not
    /// first.
    [[nodiscard]] std::unique_ptr<stockd::cache::Loader> loader(
        const stockd::cache::Cache& cache, std::mt19937_64& random
    ) const;
    void load_into(stockd::cache::Cache& cache, std::uint64_t xmax = 1) const;
};

/// Keys that were changed, made into a change set with the rows as the model has them now, in
/// random order.
struct Touched {
    std::map<std::int64_t, bool> stores;
    std::map<std::int64_t, bool> products;
    std::map<Model::StockKey, bool> stock;
    [[nodiscard]] ChangeSet changes(const Model& model, std::uint64_t xmax, std::mt19937_64& random)
        const;
};

/// Everything that the reading shows that the model does not say, or the other way round; empty
/// when they agree.
[[nodiscard]] std::string difference(const stockd::cache::Reading& reading, const Model& model);

/// The seed of --rng-seed, or one of its own; printed, so that a failure can be played again.
[[nodiscard]] std::uint64_t seed_of_this_run(const char* test);

}  // namespace cache_test
