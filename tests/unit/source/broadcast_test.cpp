#include "source/broadcast.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

namespace stockd::source {

namespace json = boost::json;

namespace {

change::Position some_position() {
    change::Position position;
    position.incarnation = "0123456789abcdef";
    position.snapshot = {100, 100, {}};
    return position;
}

source::CodeLookup codes() {
    return {
        [](base::ProductId product) -> std::optional<std::string> {
            return product.value < 1000
                       ? std::optional{"SKU \"" + std::to_string(product.value) + "\"\n"}
                       : std::nullopt;
        },
        [](base::StoreId store) -> std::optional<std::string> {
            return "S" + std::to_string(store.value);
        }};
}

change::StockChange stock(std::int64_t store, std::int64_t product, std::int64_t version) {
    change::StockRow row;
    row.store = {store};
    row.product = {product};
    row.version = version;
    return {{store}, {product}, row};
}

}  // namespace

TEST_CASE("source: a broadcast names each change with its codes and version", "[source]") {
    change::ChangeSet changes;
    changes.position = some_position();
    changes.stock = {stock(1, 2, 7), {{1}, {3}, std::nullopt}};
    changes.products = {
        {{4}, change::ProductRow{{4}, "new sku", "n", 1, 1, {}, true}}, {{5}, std::nullopt}};
    changes.stores = {{{6}, change::StoreRow{{6}, "S6", "n", true}}};
    const auto made = source::make_broadcast(changes, codes());
    CHECK_FALSE(made.many);
    CHECK(made.changes == 5);
    const auto value = json::parse(made.json);
    CHECK(value.at("position").as_string() == change::short_hash(changes.position));
    const auto& list = value.at("changes").as_array();
    REQUIRE(list.size() == 5);
    CHECK(list[0] == json::value{{"sku", "SKU \"2\"\n"}, {"store", "S1"}, {"version", 7}});
    CHECK(list[1] == json::value{{"sku", "SKU \"3\"\n"}, {"store", "S1"}, {"version", nullptr}});
    CHECK(list[2] == json::value{{"sku", "new sku"}});
    CHECK(list[3] == json::value{{"sku", "SKU \"5\"\n"}});
    CHECK(list[4] == json::value{{"store", "S6"}});
}

TEST_CASE("source: a sku that the batch itself brings is known", "[source]") {
    change::ChangeSet changes;
    changes.position = some_position();
    changes.products = {{{5000}, change::ProductRow{{5000}, "fresh", "n", 1, 1, {}, true}}};
    changes.stock = {stock(1, 5000, 1)};
    const auto made = source::make_broadcast(changes, codes());
    CHECK_FALSE(made.many);
    CHECK(json::parse(made.json).at("changes").as_array()[0].at("sku") == "fresh");
}

TEST_CASE("source: a broadcast always fits into a notification", "[source]") {
    const auto count = GENERATE(0, 1, 150, 180, 200, 300, 570, 571, 100'000);
    change::ChangeSet changes;
    changes.position = some_position();
    for (int i = 0; i < count; ++i) {
        changes.stock.push_back(stock(1, i % 1000, i));
    }
    const auto made = source::make_broadcast(changes, codes());
    CHECK(made.json.size() <= source::kPayloadBytesMax);
    CHECK(made.changes == count);
    const auto value = json::parse(made.json);
    if (made.many) {
        CHECK(value.at("many") == true);
        CHECK(count > 100);
    } else {
        CHECK(value.at("changes").as_array().size() == static_cast<std::size_t>(count));
    }
}

TEST_CASE("source: a change whose code is not known says that there are many", "[source]") {
    change::ChangeSet changes;
    changes.position = some_position();
    changes.stock = {stock(1, 5000, 1)};
    CHECK(source::make_broadcast(changes, codes()).many);
}

}  // namespace stockd::source
