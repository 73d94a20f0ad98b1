#pragma once

#include "cli/product.hpp"
#include "pg/connection.hpp"

#include <string>
#include <vector>

namespace stockd::cli {

struct DatabaseProducts {
    std::vector<Product> known;
    std::vector<std::string> unknown;
};

/// Straight from the tables in one snapshot, as stockd would show them: active products, stock of
/// active stores. `store` empty means all. Errors: kNotFound for an unknown store; those of the
/// connection.
[[nodiscard]] base::Result<DatabaseProducts> read_products(
    pg::Connection& connection, const std::vector<std::string>& skus, const std::string& store
);

/// A text array as a bound parameter.
[[nodiscard]] std::string to_array_literal(const std::vector<std::string>& texts);

}  // namespace stockd::cli
