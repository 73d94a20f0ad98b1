#pragma once

#include "cli/http_client.hpp"
#include "cli/product.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace stockd::cli {

/// stockd's answers, understood. One thread. Errors of every call: those of HttpClient, and the
/// problem that stockd answered with (kNotFound, kInvalidArgument, kTimeout, kUnavailable).
class Daemon {
  public:
    [[nodiscard]] static base::Result<Daemon> at(const std::string& server);

    struct Wait {
        std::string ticket;  ///< empty: do not wait
        std::int64_t wait_ms = 1000;
    };

    struct Products {
        std::vector<Product> known;
        std::vector<std::string> unknown;
        std::string position;
    };

    /// Any number of codes; `store` empty means all.
    [[nodiscard]] base::Result<Products> products(
        const std::vector<std::string>& skus, const std::string& store, const Wait& wait
    );

    struct Page {
        std::vector<Product> products;
        std::optional<std::string> next_cursor;
        std::string position;
    };

    [[nodiscard]] base::Result<Page> page(
        const std::string& cursor, std::size_t limit, const Wait& wait
    );

    struct Statistics {
        boost::json::value body;
        std::string position;
        std::int64_t age_ms = 0;
        bool is_stale = false;
    };

    [[nodiscard]] base::Result<Statistics> statistics();

    [[nodiscard]] const std::string& server() const noexcept { return client_.server(); }

  private:
    explicit Daemon(HttpClient client)
        : client_(std::move(client)) {}

    [[nodiscard]] base::Result<HttpAnswer> ask(const std::string& target, std::int64_t wait_ms);

    HttpClient client_;
};

/// What stockd said in an answer that is no success.
[[nodiscard]] base::Error problem_of(const HttpAnswer& answer, const std::string& server);

/// 10 for an error of reaching stockd; otherwise base::exit_code.
[[nodiscard]] int daemon_exit_code(const base::Error& error);

}  // namespace stockd::cli
