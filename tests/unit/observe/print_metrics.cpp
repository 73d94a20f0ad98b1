#include "observe/metrics_sink.hpp"

#include <iostream>

/// Prints a scrape in which every family has a sample, for promtool.
int main() {
    using namespace stockd;
    observe::MetricsSink metrics{"0.0.0"};
    metrics.set_gauges([](observe::Gauges& now) { now.age_s = 1; });
    metrics(observe::DatabaseFailed{
        "drain", {base::ErrorCode::kUnavailable, "away", {}, {}, {}}, {}});
    metrics(observe::Loaded{});
    metrics(observe::RequestServed{});
    metrics(observe::RequestRefused{"timeout", {}});
    std::cout << metrics.text();
    return 0;
}
