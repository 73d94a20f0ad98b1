#pragma once

#include "cli/daemon_answers.hpp"

#include <cstdint>
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

    /// Any number of codes; `store` empty means all.
    [[nodiscard]] base::Result<Products> products(
        const std::vector<std::string>& skus, const std::string& store, const Wait& wait
    );

    [[nodiscard]] base::Result<Page> page(
        const std::string& cursor, std::size_t limit, const Wait& wait
    );

    [[nodiscard]] base::Result<Statistics> statistics();

    [[nodiscard]] const std::string& server() const noexcept { return client_.server(); }

  private:
    explicit Daemon(HttpClient client)
        : client_(std::move(client)) {}

    [[nodiscard]] base::Result<HttpAnswer> ask(const std::string& target, std::int64_t wait_ms);

    HttpClient client_;
};

/// 10 for an error of reaching stockd; otherwise base::exit_code.
[[nodiscard]] int daemon_exit_code(const base::Error& error);

}  // namespace stockd::cli
