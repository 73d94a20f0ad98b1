#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// A product as stockd's HTTP answers show it, and how stockctl prints it. Pure.
namespace stockd::cli {

struct StoreStock {
    std::string store;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t available = 0;
    std::int64_t low_stock_threshold = 0;
    std::int64_t version = 0;
    std::string updated_at;  ///< ISO 8601, UTC
};

struct Product {
    std::string sku;
    std::string name;
    std::int64_t pieces_per_pack = 1;
    std::int64_t packs_per_box = 1;
    std::int64_t total = 0;
    std::int64_t reserved = 0;
    std::int64_t available = 0;
    std::string updated_at;
    std::vector<StoreStock> stores;
};

/// Errors: kIo naming the field that is missing, of another type, or out of its range.
[[nodiscard]] base::Result<Product> parse_product(const boost::json::value& value);

/// The same fields and order as the HTTP answer.
[[nodiscard]] boost::json::object to_json(const Product& product);

/// A heading and a table of stores, for people.
[[nodiscard]] std::string render(const Product& product);

/// "4 boxes, 2 packs, 5 pieces"; what is zero is left out, except when everything is.
[[nodiscard]] std::string describe_breakdown(const Product& product);

}  // namespace stockd::cli
