#pragma once

#include "cache/cache.hpp"
#include "source/follower.hpp"
#include "web/follow.hpp"

#include <atomic>

namespace stockd::app {

/// Answers what the HTTP side asks out of the follower. Owned by the composition root. Any thread,
/// once attach() was called.
class FollowAdapter : public web::Follow {
  public:
    explicit FollowAdapter(const cache::Cache& cache)
        : cache_(cache) {}

    /// Before anything else is called; the follower must outlive the servers.
    void attach(source::Follower& follower) { follower_ = &follower; }

    /// From now on /ready says "stopping".
    void stopping() { is_stopping_.store(true, std::memory_order_relaxed); }

    [[nodiscard]] web::Freshness freshness() const noexcept override;
    [[nodiscard]] web::ReadyReport ready() const override;
    [[nodiscard]] web::FollowStatus status() const override;
    void wait_for_ticket(change::Xid ticket, base::SteadyTime deadline, Completion done) override;
    void wait_for_version(
        std::string sku,
        std::string store,
        std::int64_t min_version,
        base::SteadyTime deadline,
        Completion done
    ) override;
    void wait_for_load(base::SteadyTime deadline, Completion done) override;
    void refresh(std::function<void(base::Result<web::RefreshReport>)> done) override;
    void clear(Completion done) override;

  private:
    const cache::Cache& cache_;
    source::Follower* follower_ = nullptr;
    std::atomic<bool> is_stopping_{false};
};

}  // namespace stockd::app
