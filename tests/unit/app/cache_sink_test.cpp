#include "app/cache_sink.hpp"

#include <catch2/catch.hpp>

using namespace stockd;

namespace {

constexpr base::StoreId kStore{1};
constexpr base::ProductId kProduct{1};

change::Position position(std::uint64_t xmax) {
    change::Position made;
    made.incarnation = "0123456789abcdef";
    made.snapshot.xmin = xmax;
    made.snapshot.xmax = xmax;
    return made;
}

change::StockRow stock(std::int64_t on_hand, std::int64_t version) {
    return {kStore, kProduct, on_hand, 0, 0, version, {}, false};
}

change::ChangeSet set_at(std::uint64_t xmax) {
    change::ChangeSet made;
    made.position = position(xmax);
    return made;
}

void load(app::CacheSink& sink) {
    auto& rows = sink.begin_load();
    rows.add_store({kStore, "S", "Store", true});
    rows.add_product({kProduct, "P", "Product", 1, 1, {}, true});
    rows.add_stock(stock(10, 1));
    sink.finish_load(position(5), set_at(5));
}

}  // namespace

TEST_CASE("cache sink: a load and changes reach the cache, and are told once published", "[app]") {
    cache::Cache cache;
    std::vector<bool> told;
    app::CacheSink sink{cache, [&](const change::ChangeSet* changes) {
                            told.push_back(changes != nullptr);
                            CHECK(cache.read().state().loaded);
                        }};
    load(sink);
    CHECK(sink.counts().stock_rows == 1);
    CHECK(sink.sku_of(kProduct) == "P");
    CHECK(sink.store_code_of(kStore) == "S");
    CHECK_FALSE(sink.sku_of(base::ProductId{9}).has_value());

    auto changes = set_at(6);
    changes.stock.push_back({kStore, kProduct, stock(7, 2)});
    sink.apply(changes);
    CHECK(cache.read().find("P")->totals().on_hand == 7);
    CHECK(told == std::vector<bool>{false, true});
}

TEST_CASE("cache sink: an abandoned load leaves the old copy, and another can begin", "[app]") {
    cache::Cache cache;
    app::CacheSink sink{cache};
    load(sink);
    sink.begin_load().add_store({kStore, "X", "Other", true});
    sink.abandon_load();
    CHECK(cache.read().find("P")->totals().on_hand == 10);
    load(sink);
    CHECK(cache.read().has_store("S"));
}

TEST_CASE("cache sink: an audit heals what differs and names both values", "[app]") {
    cache::Cache cache;
    app::CacheSink sink{cache};
    load(sink);
    source::AuditSlice slice{kProduct, kProduct, {}, {stock(11, 2)}, std::nullopt};
    slice.products.push_back({kProduct, "P", "Product", 1, 1, {}, true});
    const auto drifts = sink.audit(slice);
    REQUIRE(drifts.size() == 1);
    CHECK(drifts[0].what == "stock");
    CHECK(drifts[0].store == "S");
    CHECK(drifts[0].product == "P");
    CHECK(
        drifts[0].in_memory == "on_hand 10 reserved 0 threshold 0 allow_negative false version 1"
    );
    CHECK(
        drifts[0].in_database == "on_hand 11 reserved 0 threshold 0 allow_negative false version 2"
    );
    CHECK(cache.read().find("P")->totals().on_hand == 11);
    CHECK(sink.audit(slice).empty());
}

TEST_CASE(
    "cache sink: an audit finds stores, products and rows that should not be there", "[app]"
) {
    cache::Cache cache;
    app::CacheSink sink{cache};
    load(sink);
    const source::AuditSlice nothing{kProduct, kProduct, {}, {}, std::vector<change::StoreRow>{}};
    const auto drifts = sink.audit(nothing);
    REQUIRE(drifts.size() == 3);
    for (const auto& drift : drifts) {
        CHECK(drift.in_database == "nothing");
    }
}
