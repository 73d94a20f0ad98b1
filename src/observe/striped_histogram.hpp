#pragma once

#include "observe/striped_counter.hpp"

#include <array>
#include <chrono>

namespace stockd::observe {

/// Durations in fixed buckets, counted without sharing a cache line between threads.
class StripedHistogram {
  public:
    /// Upper bounds in seconds. Chosen: a read from memory takes tens of microseconds, a waiting
    /// one up to 30 s.
    static constexpr std::array<double, 14> kBoundsS = {
        0.000025,
        0.00005,
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.1,
        0.5,
        2.5,
        30};

    void add(std::chrono::nanoseconds duration) noexcept {
        const double seconds = std::chrono::duration<double>(duration).count();
        std::size_t bucket = 0;
        while (bucket < kBoundsS.size() && seconds > kBoundsS[bucket]) {
            ++bucket;
        }
        counts_[bucket].add();
        sum_ns_.add(static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count()));
    }

    /// Of one bucket; the one behind the last bound holds what is longer.
    [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept {
        return counts_[bucket].sum();
    }

    [[nodiscard]] double sum_s() const noexcept { return static_cast<double>(sum_ns_.sum()) / 1e9; }

  private:
    std::array<StripedCounter, kBoundsS.size() + 1> counts_;
    StripedCounter sum_ns_;
};

}  // namespace stockd::observe
