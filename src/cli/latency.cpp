#include "cli/latency.hpp"

#include <algorithm>
#include <cstdio>

namespace stockd::cli {

namespace {

std::string in_ms(Microseconds time) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.2f ms", static_cast<double>(time.count()) / 1000);
    return text;
}

}  // namespace

Percentiles percentiles_of(std::vector<Microseconds> times) {
    if (times.empty()) {
        return {};
    }
    std::sort(times.begin(), times.end());
    const auto at = [&](std::size_t percent) {
        return times[(times.size() * percent + 99) / 100 - 1];
    };
    return {times.size(), at(50), at(95), at(99), times.back()};
}

std::string describe(const Percentiles& percentiles) {
    return "p50 " + in_ms(percentiles.p50) + "  p95 " + in_ms(percentiles.p95) + "  p99 " +
           in_ms(percentiles.p99) + "  max " + in_ms(percentiles.max);
}

}  // namespace stockd::cli
