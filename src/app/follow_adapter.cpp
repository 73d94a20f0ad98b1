#include "app/follow_adapter.hpp"

#include <utility>

namespace stockd::app {

web::Freshness FollowAdapter::freshness() const noexcept {
    const auto now = follower_->freshness();
    return {now.stale, now.age ? std::optional{now.age->count()} : std::nullopt};
}

web::ReadyReport FollowAdapter::ready() const {
    auto reasons = follower_->status().not_ready;
    if (is_stopping_.load(std::memory_order_relaxed)) {
        reasons.emplace_back("stopping");
    }
    return {reasons.empty(), std::move(reasons)};
}

web::FollowStatus FollowAdapter::status() const {
    const auto now = follower_->status();
    web::FollowStatus status;
    status.state = source::name_of(now.state);
    status.is_relay = now.is_relay;
    status.incarnation = now.incarnation;
    status.position = now.position;
    status.last_refresh = now.last_refresh;
    status.drift = now.drift;
    status.rings = now.rings;
    status.drains = now.drains;
    status.reconnects = now.reconnects;
    status.last_error = now.last_error;
    return status;
}

void FollowAdapter::wait_for_ticket(
    change::Xid ticket, base::SteadyTime deadline, Completion done
) {
    follower_->wait_for_ticket(ticket, deadline, done);
}

void FollowAdapter::wait_for_version(
    std::string sku,
    std::string store,
    std::int64_t min_version,
    base::SteadyTime deadline,
    Completion done
) {
    auto what =
        "version " + std::to_string(min_version) + " of product " + sku + " in store " + store;
    auto condition = [this, sku = std::move(sku), store = std::move(store), min_version]() {
        const auto reading = cache_.read();
        const auto product = reading.find(sku);
        const auto row = product ? product->stock_in(store) : std::nullopt;
        return row && row->version >= min_version;
    };
    follower_->wait_until(std::move(condition), std::move(what), deadline, done);
}

void FollowAdapter::wait_for_load(base::SteadyTime deadline, Completion done) {
    follower_->wait_for_load(deadline, done);
}

void FollowAdapter::refresh(std::function<void(base::Result<web::RefreshReport>)> done) {
    follower_->refresh([done = std::move(done)](const base::Result<source::LoadReport>& loaded) {
        if (!loaded) {
            done(loaded.error());
            return;
        }
        done(web::RefreshReport{loaded->counts.products, loaded->duration});
    });
}

void FollowAdapter::clear(Completion done) {
    follower_->clear(done);
}

}  // namespace stockd::app
