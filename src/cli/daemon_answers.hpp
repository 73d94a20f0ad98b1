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
    std::optional<std::int64_t> age_ms;  ///< none: there is no copy
    bool is_stale = false;
};

/// What stockd says of itself on its admin address.
struct AdminStatus {
    std::string state;
    std::string incarnation;  ///< of the database that it follows; empty before the first
    std::int64_t rings = 0;
};

struct Readiness {
    bool is_ready = false;
    std::vector<std::string> reasons;  ///< why not, fit for a terminal
};

/// Of any answer to /status and /ready; nothing when it is not stockd's.
[[nodiscard]] std::optional<AdminStatus> admin_status_of(const HttpAnswer& answer);
[[nodiscard]] std::optional<Readiness> readiness_of(const HttpAnswer& answer);

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
