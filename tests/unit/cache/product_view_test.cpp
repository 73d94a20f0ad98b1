#include "cache/product_view.hpp"

#include "model.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace cache_test;
using stockd::base::Unit;
using stockd::cache::Cache;
using stockd::cache::has_stock;
using stockd::cache::Reading;
using stockd::cache::Totals;

namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("product view: sums stay at the ends of the range and never wrap", "[cache]") {
    Cache cache;
    Model model;
    model.with(product(1, "tea")).with(store(1, "A")).with(store(2, "B")).with(store(3, "C"));
    model.with(stock(1, 1, kMax, 7)).with(stock(2, 1, kMax));
    model.load_into(cache);
    CHECK(cache.read().find("tea")->totals() == Totals{kMax, 7});
    CHECK(cache.read().find("tea")->totals().available() == kMax - 7);
    // What was beyond the range is not forgotten: the sum comes back exactly.
    ChangeSet set;
    set.position = position_at(2);
    set.stock.push_back({StoreId{3}, ProductId{1}, stock(3, 1, kMin)});
    set.stock.push_back({StoreId{2}, ProductId{1}, stock(2, 1, 100)});
    cache.apply(set);
    CHECK(cache.read().find("tea")->totals() == Totals{99, 7});
    set.stock = {{StoreId{1}, ProductId{1}, std::nullopt}};
    cache.apply(set);
    CHECK(cache.read().find("tea")->totals().on_hand == kMin + 100);
    set.stock = {{StoreId{2}, ProductId{1}, stock(2, 1, kMin)}};
    cache.apply(set);
    CHECK(cache.read().find("tea")->totals() == Totals{kMin, 0});
    CHECK(Totals{kMin, 1}.available() == kMin);
    CHECK(Totals{kMax, -1}.available() == kMax);
}

TEST_CASE("product view: its time is the newest of product and shown rows", "[cache]") {
    Cache cache;
    Model model;
    model.with(product(1, "tea")).with(store(1, "A")).with(store(2, "B", false));
    StockRow row = stock(1, 1, 5);
    row.updated_at = Timestamp{5000};
    StockRow hidden = stock(2, 1, 5);
    hidden.updated_at = Timestamp{9000};
    model.with(row).with(hidden);
    model.load_into(cache);
    CHECK(cache.read().find("tea")->updated_at() == Timestamp{5000});
    ChangeSet set;
    set.position = position_at(2);
    row.updated_at = Timestamp{3000};
    set.stock.push_back({row.store, row.product, row});
    cache.apply(set);
    CHECK(cache.read().find("tea")->updated_at() == Timestamp{3000});
    set.stock = {{row.store, row.product, std::nullopt}};
    cache.apply(set);
    CHECK(cache.read().find("tea")->updated_at() == Timestamp{1001});
}

TEST_CASE("product view: rows can be asked for in any order", "[cache]") {
    Cache cache;
    Model model;
    model.with(product(1, "tea"));
    for (std::int64_t s = 1; s <= 60; ++s) {
        model.with(store(s, "S" + std::to_string(100 + s), s % 4 != 0)).with(stock(s, 1, s));
    }
    model.load_into(cache);
    const Reading reading = cache.read();
    const auto view = *reading.find("tea");
    REQUIRE(view.stock_count() == 45);
    CHECK(view.stock(44).on_hand == 59);
    CHECK(view.stock(0).on_hand == 1);
    CHECK(view.stock(3).on_hand == 5);
    CHECK(view.stock(3).on_hand == 5);
    CHECK(view.stock(2).on_hand == 3);
    CHECK_FALSE(view.stock_in("S104").has_value());
    CHECK_FALSE(view.stock_in("nowhere").has_value());
    CHECK(view.stock_in("S103")->on_hand == 3);
}

TEST_CASE("has_stock: a quantity of units is there over all stores or in one", "[cache]") {
    Cache cache;
    Model model;
    // 6 pieces per pack, 4 packs per box.
    model.with(product(1, "tea"))
        .with(store(1, "A"))
        .with(store(2, "B"))
        .with(store(3, "C", false));
    model.with(stock(1, 1, 30, 2)).with(stock(2, 1, 20)).with(stock(3, 1, 1000));
    model.with(product(2, "none"));
    model.load_into(cache);
    const Reading reading = cache.read();
    const auto tea = *reading.find("tea");
    CHECK(has_stock(tea, 48, Unit::kPiece));
    CHECK_FALSE(has_stock(tea, 49, Unit::kPiece));
    CHECK(has_stock(tea, 8, Unit::kPack));
    CHECK_FALSE(has_stock(tea, 9, Unit::kPack));
    CHECK(has_stock(tea, 2, Unit::kBox));
    CHECK_FALSE(has_stock(tea, 3, Unit::kBox));
    CHECK(has_stock(tea, 28, Unit::kPiece, "A"));
    CHECK_FALSE(has_stock(tea, 29, Unit::kPiece, "A"));
    CHECK_FALSE(has_stock(tea, 1, Unit::kPiece, "C"));
    CHECK_FALSE(has_stock(tea, 1, Unit::kPiece, "nowhere"));
    CHECK(has_stock(tea, 0, Unit::kBox));
    CHECK(has_stock(tea, -1, Unit::kPiece, "nowhere"));
    CHECK_FALSE(has_stock(tea, kMax, Unit::kBox));
    CHECK_FALSE(has_stock(*reading.find("none"), 1, Unit::kPiece));
}
