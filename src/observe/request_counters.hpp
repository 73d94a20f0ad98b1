#pragma once

#include "observe/observation.hpp"
#include "observe/striped_counter.hpp"
#include "observe/striped_histogram.hpp"

#include <prometheus/collectable.h>

#include <array>

namespace stockd::observe {

/// The counters of the request path: two relaxed additions per request, turned into metric families
/// at the scrape.
class RequestCounters : public prometheus::Collectable {
  public:
    void count(const RequestServed& seen) noexcept;

    void count(const ReadServed& seen) noexcept {
        reads_[static_cast<std::size_t>(seen.result)].add();
    }

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect(
    ) const override;  // NOLINT(readability-identifier-naming)

  private:
    static constexpr std::size_t kRoutes = static_cast<std::size_t>(Route::kOther) + 1;
    static constexpr std::size_t kClasses = 5;  // 1xx to 5xx
    static constexpr std::size_t kReadResults = static_cast<std::size_t>(ReadResult::kUnknown) + 1;

    std::array<std::array<StripedCounter, kClasses>, kRoutes> requests_;
    std::array<StripedHistogram, kRoutes> durations_;
    std::array<StripedCounter, kReadResults> reads_;
};

}  // namespace stockd::observe
