#include "observe/request_counters.hpp"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <limits>

namespace stockd::observe {

namespace {

prometheus::ClientMetric counter(
    std::vector<prometheus::ClientMetric::Label> labels, std::uint64_t value
) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
    return metric;
}

prometheus::ClientMetric histogram(std::string_view route, const StripedHistogram& held) {
    prometheus::ClientMetric metric;
    metric.label = {{"route", std::string(route)}};
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < StripedHistogram::kBoundsS.size(); ++i) {
        cumulative += held.count(i);
        metric.histogram.bucket.push_back({cumulative, StripedHistogram::kBoundsS[i]});
    }
    cumulative += held.count(StripedHistogram::kBoundsS.size());
    metric.histogram.bucket.push_back({cumulative, std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = held.sum_s();
    return metric;
}

}  // namespace

void RequestCounters::count(const RequestServed& seen) noexcept {
    const auto route = std::min(static_cast<std::size_t>(seen.route), kRoutes - 1);
    const auto status_class = std::clamp<std::size_t>(seen.status / 100U, 1, kClasses) - 1;
    requests_[route][status_class].add();
    durations_[route].add(seen.duration);
}

std::vector<prometheus::MetricFamily> RequestCounters::Collect() const {
    constexpr std::array<const char*, kClasses> kClassNames = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    prometheus::MetricFamily requests{
        "stockd_http_requests_total",
        "HTTP requests answered, by route and class of status.",
        prometheus::MetricType::Counter,
        {}};
    prometheus::MetricFamily durations{
        "stockd_http_request_duration_seconds",
        "Time from a request's last byte to its answer's first, by route.",
        prometheus::MetricType::Histogram,
        {}};
    prometheus::MetricFamily reads{
        "stockd_reads_total",
        "Products read over HTTP: hit (from memory), miss (had to wait for the database), unknown "
        "(no such product).",
        prometheus::MetricType::Counter,
        {}};
    for (std::size_t route = 0; route < kRoutes; ++route) {
        const auto name = name_of(static_cast<Route>(route));
        for (std::size_t i = 0; i < kClasses; ++i) {
            const auto value = requests_[route][i].sum();
            if (value != 0 ||
                i == 1) {  // a class that never happened is left out, but every route is there
                requests.metric.push_back(
                    counter({{"route", std::string(name)}, {"status_class", kClassNames[i]}}, value)
                );
            }
        }
        durations.metric.push_back(histogram(name, durations_[route]));
    }
    for (std::size_t i = 0; i < kReadResults; ++i) {
        const auto name = name_of(static_cast<ReadResult>(i));
        reads.metric.push_back(counter({{"result", std::string(name)}}, reads_[i].sum()));
    }
    return {std::move(requests), std::move(durations), std::move(reads)};
}

}  // namespace stockd::observe
