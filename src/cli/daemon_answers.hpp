#pragma once

#include "cli/http_client.hpp"
#include "cli/product.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What stockd's answers say. Pure: whoever listens at the address may have sent anything. `server`
/// is for messages.
namespace stockd::cli {

struct Products {
    std::vector<Product> known;
    std::vector<std::string> unknown;
    std::string position;
};

struct Page {
    std::vector<Product> products;
    std::optional<std::string> next_cursor;
    std::string position;
};

struct Statistics {
    boost::json::value body;
    std::string position;
    std::int64_t age_ms = 0;
    bool is_stale = false;
};

/// Of an answer that is a success. Errors: kIo, it is not stockd's.
[[nodiscard]] base::Result<Products> products_of(
    const HttpAnswer& answer, const std::string& server
);
[[nodiscard]] base::Result<Page> page_of(const HttpAnswer& answer, const std::string& server);
[[nodiscard]] base::Result<Statistics> statistics_of(
    const HttpAnswer& answer, const std::string& server
);

/// What stockd said in an answer that is no success, fit for a terminal.
[[nodiscard]] base::Error problem_of(const HttpAnswer& answer, const std::string& server);

}  // namespace stockd::cli
