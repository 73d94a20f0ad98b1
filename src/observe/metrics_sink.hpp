#pragma once

#include "observe/observation.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace stockd::observe {

/// What is asked for at the moment of a scrape instead of being counted.
struct Gauges {
    std::int64_t products = 0;
    std::int64_t stores = 0;
    std::int64_t stock_rows = 0;
    std::int64_t cache_bytes = 0;
    std::optional<double> age_s;  ///< no sample without
    bool stale = true;
    bool ready = false;
    bool relay = false;
    std::int64_t waiting_requests = 0;
    std::int64_t http_connections = 0;
    std::string state;  ///< as in StateChanged
};

/// Counts observations and writes them in Prometheus' text format. Every name and label is listed
/// in docs/reference/metrics.md and in tests/unit/observe/metrics_golden.txt. Owned by the
/// composition root. Any thread may call it: what requests count goes to counters of the calling
/// thread's own cache line and is summed at the scrape.
class MetricsSink {
  public:
    explicit MetricsSink(const std::string& version);
    ~MetricsSink();
    MetricsSink(const MetricsSink&) = delete;
    MetricsSink& operator=(const MetricsSink&) = delete;
    MetricsSink(MetricsSink&&) = delete;
    MetricsSink& operator=(MetricsSink&&) = delete;

    void operator()(const Observation& observation) const;

    /// Who fills the gauges when somebody scrapes. Set before the first scrape; called on the
    /// scraping thread.
    void set_gauges(std::function<void(Gauges&)> fill);

    /// The exposition, ready to be sent with the content type "text/plain; version=0.0.4;
    /// charset=utf-8".
    [[nodiscard]] std::string text() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stockd::observe
