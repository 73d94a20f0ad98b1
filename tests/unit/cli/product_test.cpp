#include "cli/product.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <utility>

namespace stockd {

namespace {

constexpr const char* kAnswer =
    R"({"productId":"A/1","productName":"Apple","piecesPerPack":6,"packsPerBox":4,"totalPieces":100,"reservedPieces":3,)"
    R"("availableTotal":97,"availableBoxes":4,"availablePacks":0,"availablePieces":1,"lastUpdated":"2026-01-02T03:04:05.678Z",)"
    R"("stores":[{"storeId":"LON","onHand":100,"reserved":3,"available":97,"lowStockThreshold":5,"version":9,)"
    R"("lastUpdated":"2026-01-02T03:04:05.678Z"}]})";

}  // namespace

TEST_CASE("cli: a product is read as stockd writes it, and written the same", "[cli]") {
    const auto product = cli::parse_product(boost::json::parse(kAnswer));
    REQUIRE(product.has_value());
    CHECK(product->stores.at(0).version == 9);
    CHECK(boost::json::serialize(cli::to_json(*product)) == kAnswer);
}

TEST_CASE("cli: an answer that lacks a field is refused by the field's name", "[cli]") {
    for (const auto& [text, field] : {
             std::pair{R"({"productId":7})", "productId"},
             {R"([])", "productId"},
             {R"({"productId":"a","productName":"b","piecesPerPack":"1"})", "piecesPerPack"},
         }) {
        const auto product = cli::parse_product(boost::json::parse(text));
        REQUIRE(product.has_error());
        CHECK(product.error().message.find(field) != std::string::npos);
    }
}

TEST_CASE("cli: an answer with a packing of nothing is refused", "[cli]") {
    // Division by zero, from whoever answers at the address.
    for (const auto* field : {"piecesPerPack", "packsPerBox"}) {
        for (const std::int64_t value : {0, -1}) {
            auto json = boost::json::parse(kAnswer);
            json.as_object()[field] = value;
            const auto product = cli::parse_product(json);
            REQUIRE(product.has_error());
            CHECK(product.error().message.find(field) != std::string::npos);
        }
    }
}

TEST_CASE("cli: no text of an answer reaches the terminal as a command", "[cli]") {
    auto product = cli::parse_product(boost::json::parse(kAnswer));
    REQUIRE(product.has_value());
    for (auto* text :
         {&product->sku,
          &product->name,
          &product->updated_at,
          &product->stores.at(0).store,
          &product->stores.at(0).updated_at}) {
        const auto kept = std::exchange(*text, "\x1b[2J");
        CHECK(cli::render(*product).find('\x1b') == std::string::npos);
        *text = kept;
    }
}

TEST_CASE("cli: a product is shown with its breakdown and stores", "[cli]") {
    const auto product = cli::parse_product(boost::json::parse(kAnswer));
    REQUIRE(product.has_value());
    CHECK(
        cli::render(*product) ==
        "A/1  Apple\n"
        "  available 97 (4 boxes, 1 piece), on hand 100, reserved 3, changed "
        "2026-01-02T03:04:05.678Z\n"
        "  STORE  ON HAND  RESERVED  AVAILABLE  LOW AT  VERSION  CHANGED\n"
        "  LON        100         3         97       5        9  2026-01-02T03:04:05.678Z\n"
    );
}

TEST_CASE("cli: a breakdown leaves out what is zero", "[cli]") {
    cli::Product product;
    product.pieces_per_pack = 6;
    product.packs_per_box = 4;
    CHECK(cli::describe_breakdown(product) == "0 pieces");
    product.available = 24;
    CHECK(cli::describe_breakdown(product) == "1 box");
    product.available = 48 + 6 + 2;
    CHECK(cli::describe_breakdown(product) == "2 boxes, 1 pack, 2 pieces");
    product.available = -5;
    CHECK(cli::describe_breakdown(product) == "0 pieces");
}

}  // namespace stockd
