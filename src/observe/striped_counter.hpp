#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace stockd::observe {

/// A counter that many threads bump without sharing a cache line: a stripe per thread (threads
/// beyond the stripes share), summed by whoever reads. Each stripe only grows, so a sum never goes
/// back.
class StripedCounter {
  public:
    void add(std::uint64_t by = 1) noexcept {
        stripes_[stripe_of_this_thread()].value.fetch_add(by, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t sum() const noexcept {
        std::uint64_t total = 0;
        for (const auto& stripe : stripes_) {
            total += stripe.value.load(std::memory_order_relaxed);
        }
        return total;
    }

  private:
    /// Chosen: more than the web threads of a large machine use, and 1 KiB per counter.
    static constexpr std::size_t kStripes = 16;
    static constexpr std::size_t kCacheLine = 64;

    struct alignas(kCacheLine) Stripe {
        std::atomic<std::uint64_t> value{0};
    };

    static std::size_t stripe_of_this_thread() noexcept {
        static std::atomic<std::size_t> next{0};
        thread_local const std::size_t mine =
            next.fetch_add(1, std::memory_order_relaxed) % kStripes;
        return mine;
    }

    std::array<Stripe, kStripes> stripes_;
};

}  // namespace stockd::observe
