#pragma once

#include "base/clock.hpp"
#include "source/follower.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace stockd::app {

/// Tells systemd that stockd is alive, as long as the follow thread answers: a process whose
/// follower hangs is not alive, whatever its other threads do. Used by the main thread.
class Watchdog {
  public:
    explicit Watchdog(source::Follower& follower);

    /// Call a few times per second.
    void tick();

  private:
    source::Follower& follower_;
    std::optional<std::chrono::microseconds> interval_;
    base::SteadyTime next_{};
    /// Set on the follow thread, which may outlive this object's use of it.
    std::shared_ptr<std::atomic<bool>> answered_;
};

}  // namespace stockd::app
