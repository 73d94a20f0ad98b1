#pragma once

#include "cli/daemon_answers.hpp"

#include <cstdint>
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

    [[nodiscard]] base::Result<HttpAnswer> ask(const std::string& target, std::int64_t limit_ms);

    HttpClient client_;
};

/// What the admin address says; nothing of what did not answer, which is no fault: there may be no
/// such address, or it may be closed to us.
struct AdminReport {
    std::optional<AdminStatus> status;
    std::optional<Readiness> readiness;
};

/// Errors: kInvalidArgument for an address that cannot be read. An empty one is none.
[[nodiscard]] base::Result<AdminReport> ask_admin(const std::string& admin);

/// That a connected stockd follows another database (or an earlier life of it) than this
/// incarnation; nothing while it does not, or while nobody knows.
[[nodiscard]] std::optional<base::Error> follows_another(
    const AdminReport& report, const std::string& incarnation, const std::string& server
);

/// 10 for an error of reaching stockd; otherwise base::exit_code.
[[nodiscard]] int daemon_exit_code(const base::Error& error);

}  // namespace stockd::cli
