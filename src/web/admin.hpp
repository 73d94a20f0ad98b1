#pragma once

#include "cache/cache.hpp"
#include "web/exchange.hpp"
#include "web/follow.hpp"
#include "web/views.hpp"

#include <functional>
#include <memory>
#include <string>

namespace stockd::web {

/// /live, /ready, /metrics and /status for machines that watch this one, and POST
/// /api/inventory/views/refresh. Owned by the composition
/// root; outlives its server. Any thread.
class Admin : public Service {
  public:
    /// metrics_text gives the exposition in Prometheus' text format, on the server's thread.
    Admin(
        const cache::Cache& cache, const Follow& follow, std::function<std::string()> metrics_text
    );

    /// Before the server starts.
    void serve_views(Views& views) noexcept { views_ = &views; }

    [[nodiscard]] std::unique_ptr<Exchange> make_exchange() override;

    void answer(const Request& request, Response& out) const;

  private:
    friend class AdminExchange;

    void answer_ready(Response& out) const;
    void answer_status(Response& out) const;

    const cache::Cache& cache_;
    const Follow& follow_;
    std::function<std::string()> metrics_text_;
    Views* views_ = nullptr;
};

}  // namespace stockd::web
