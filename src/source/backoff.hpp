#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace stockd::source {

/// Pauses between attempts to connect: full jitter under a doubling cap, so that many daemons do
/// not come back at once.
class Backoff {
  public:
    Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max, std::uint64_t seed)
        : min_(min),
          max_(std::max(min, max)),
          cap_(min),
          random_(seed) {}

    [[nodiscard]] std::chrono::milliseconds next() {
        std::uniform_int_distribution<std::int64_t> upto{0, cap_.count()};
        const std::chrono::milliseconds pause{upto(random_)};
        cap_ = std::min(cap_ * 2, max_);
        return pause;
    }

    void reset() noexcept { cap_ = min_; }

  private:
    std::chrono::milliseconds min_;
    std::chrono::milliseconds max_;
    std::chrono::milliseconds cap_;
    std::mt19937_64 random_;
};

}  // namespace stockd::source
