#include "app/watchdog.hpp"

#include "app/systemd.hpp"

namespace stockd::app {

Watchdog::Watchdog(source::Follower& follower)
    : follower_(follower),
      interval_(watchdog_interval()),
      answered_(std::make_shared<std::atomic<bool>>(true)) {}

void Watchdog::tick() {
    const auto now = std::chrono::steady_clock::now();
    if (!interval_ || now < next_ || !answered_->load(std::memory_order_acquire)) {
        return;
    }
    notify_systemd("WATCHDOG=1");
    next_ = now + *interval_ / 4;  // systemd's advice is half; the answer below takes its time too
    answered_->store(false, std::memory_order_release);
    // Whatever comes of it, and be it that the database is away, it comes from the follow thread.
    follower_.wait_until(
        [] { return true; },
        "watchdog",
        now + *interval_,
        [answered = answered_](const base::Result<void>&) {
            answered->store(true, std::memory_order_release);
        }
    );
}

}  // namespace stockd::app
