#include "model.hpp"

#include <catch2/catch.hpp>

using namespace cache_test;
using stockd::cache::AuditRange;
using stockd::cache::Cache;

namespace {

Model three_products() {
    Model model;
    model.with(store(1, "A")).with(store(2, "B"));
    for (std::int64_t p = 1; p <= 3; ++p) {
        model.with(product(p, "P" + std::to_string(p)));
        model.with(stock(1, p, 10 * p)).with(stock(2, p, p));
    }
    return model;
}

}  // namespace

TEST_CASE("audit: a copy that equals the tables has no drift", "[cache][audit]") {
    Cache cache;
    const Model model = three_products();
    model.load_into(cache);
    const std::uint64_t sequence = cache.read().state().sequence;
    CHECK(cache.audit_stock({}, model.stock_rows(), position_at(1)).empty());
    CHECK(cache.audit_products({}, model.product_rows(), position_at(1)).empty());
    CHECK(cache.audit_stores(model.store_rows(), position_at(1)).empty());
    CHECK(cache.read().state().sequence == sequence);
}

TEST_CASE(
    "audit: missing, extra and different stock rows are reported with both values and healed",
    "[cache][audit]"
) {
    Cache cache;
    Model model = three_products();
    model.load_into(cache);
    model.stock.erase({1, 2});
    model.with(stock(1, 2, 77, 0, 9)).with(stock(7, 2, 4)).with(stock(1, 8, 5));
    const std::uint64_t sequence = cache.read().state().sequence;
    const auto drifts = cache.audit_stock({}, model.stock_rows(), position_at(1));
    REQUIRE(drifts.size() == 4);
    CHECK(drifts[0].cached == stock(2, 1, 1));
    CHECK_FALSE(drifts[0].table.has_value());
    CHECK(drifts[1].cached == stock(1, 2, 20));
    CHECK(drifts[1].table == stock(1, 2, 77, 0, 9));
    CHECK_FALSE(drifts[2].cached.has_value());
    CHECK(drifts[2].table == stock(7, 2, 4));
    CHECK_FALSE(drifts[3].cached.has_value());
    CHECK(drifts[3].product == ProductId{8});
    CHECK(difference(cache.read(), model) == "");
    CHECK(cache.read().state().sequence == sequence + 1);
    CHECK(cache.audit_stock({}, model.stock_rows(), position_at(1)).empty());
}

TEST_CASE("audit: every field of a row is compared", "[cache][audit]") {
    Cache cache;
    Model model = three_products();
    model.load_into(cache);
    StockRow row = stock(1, 1, 10);
    const int field = GENERATE(range(0, 6));
    switch (field) {
        case 0:
            row.on_hand += 1;
            break;
        case 1:
            row.reserved += 1;
            break;
        case 2:
            row.low_stock_threshold += 1;
            break;
        case 3:
            row.version += 1;
            break;
        case 4:
            row.updated_at.unix_us += 1;
            break;
        default:
            row.allow_negative = true;
            break;
    }
    model.with(row);
    CHECK(cache.audit_stock({}, model.stock_rows(), position_at(1)).size() == 1);
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("audit: what is outside the range is left alone", "[cache][audit]") {
    Cache cache;
    Model model = three_products();
    model.load_into(cache);
    SECTION("products") {
        const auto drifts = cache.audit_stock({ProductId{2}, ProductId{2}}, {}, position_at(1));
        CHECK(drifts.size() == 2);
        model.stock.erase({2, 1});
        model.stock.erase({2, 2});
    }
    SECTION("one store") {
        const auto drifts = cache.audit_stock(
            {ProductId{1}, ProductId{2}, StoreId{2}}, {stock(2, 1, 1)}, position_at(1)
        );
        REQUIRE(drifts.size() == 1);
        CHECK(drifts[0].product == ProductId{2});
        model.stock.erase({2, 2});
    }
    SECTION("an empty range") {
        CHECK(cache.audit_stock({ProductId{3}, ProductId{1}}, {}, position_at(1)).empty());
    }
    SECTION("the product row") {
        CHECK(cache.audit_products({ProductId{3}, ProductId{9}}, {}, position_at(1)).size() == 1);
        model.products.erase(3);
    }
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("audit: products and stores are healed too, shown or not", "[cache][audit]") {
    Cache cache;
    Model model = three_products();
    model.with(product(4, "hidden", false)).with(store(3, "C", false));
    model.load_into(cache);
    model.products.erase(1);
    model.with(product(2, "renamed")).with(product(4, "hidden too", false)).with(product(5, "new"));
    const auto products = cache.audit_products({}, model.product_rows(), position_at(1));
    REQUIRE(products.size() == 4);
    CHECK(products[0].cached == product(1, "P1"));
    CHECK_FALSE(products[0].table.has_value());
    CHECK(products[1].table == product(2, "renamed"));
    CHECK(products[2].cached == product(4, "hidden", false));
    CHECK_FALSE(products[3].cached.has_value());
    model.stores.erase(2);
    model.with(store(3, "C2", false)).with(store(4, "D"));
    const auto stores = cache.audit_stores(model.store_rows(), position_at(1));
    REQUIRE(stores.size() == 3);
    CHECK(stores[0].cached == store(2, "B"));
    CHECK(stores[1].table == store(3, "C2", false));
    CHECK_FALSE(stores[2].cached.has_value());
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("audit: nothing is compared while nothing is loaded", "[cache][audit]") {
    Cache cache;
    CHECK(cache.audit_stock({}, {stock(1, 1, 1)}, position_at(1)).empty());
    CHECK_FALSE(cache.read().state().loaded);
}
