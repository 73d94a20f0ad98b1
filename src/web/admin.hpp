#pragma once

#include "cache/cache.hpp"
#include "web/exchange.hpp"
#include "web/follow.hpp"

#include <functional>
#include <memory>
#include <string>

namespace stockd::web {

/// /live, /ready, /metrics and /status: for machines that watch this one. Owned by the composition
/// root; outlives its server. Any thread.
class Admin : public Service {
  public:
    /// metrics_text gives the exposition in Prometheus' text format, on the server's thread.
    Admin(
        const cache::Cache& cache, const Follow& follow, std::function<std::string()> metrics_text
    );

    [[nodiscard]] std::unique_ptr<Exchange> make_exchange() override;

    void answer(const Request& request, Response& out) const;

  private:
    void answer_ready(Response& out) const;
    void answer_status(Response& out) const;

    const cache::Cache& cache_;
    const Follow& follow_;
    std::function<std::string()> metrics_text_;
};

}  // namespace stockd::web
