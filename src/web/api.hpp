#pragma once

#include "cache/cache.hpp"
#include "web/exchange.hpp"
#include "web/follow.hpp"
#include "web/read_counters.hpp"
#include "web/views.hpp"

#include <atomic>
#include <memory>

namespace stockd::web {

/// The public API over a cache and its follower. Owned by the composition root; outlives its
/// server. Any thread.
class Api : public Service {
  public:
    Api(const cache::Cache& cache, Follow& follow, observe::Observer observer);

    /// Before the server starts; without it there are no pages of views.
    void serve_views(Views& views) noexcept { views_ = &views; }

    [[nodiscard]] std::unique_ptr<Exchange> make_exchange() override;

    /// Requests that wait for the database right now.
    [[nodiscard]] std::size_t waiting() const noexcept {
        return waiting_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] ReadCounts reads() const noexcept { return counters_.counts(); }

  private:
    friend class ApiExchange;

    const cache::Cache& cache_;
    Follow& follow_;
    Views* views_ = nullptr;
    observe::Observer observer_;
    ReadCounters counters_;
    std::atomic<std::size_t> waiting_{0};
};

}  // namespace stockd::web
