#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

/// Times of single operations and what is said about them. Pure.
namespace stockd::cli {

using Microseconds = std::chrono::microseconds;

struct Percentiles {
    std::size_t count = 0;
    Microseconds p50{0};
    Microseconds p95{0};
    Microseconds p99{0};
    Microseconds max{0};
};

/// By nearest rank; zeros when there is nothing.
[[nodiscard]] Percentiles percentiles_of(std::vector<Microseconds> times);

/// "p50 0.81 ms  p95 1.20 ms  p99 3.02 ms  max 9.70 ms"
[[nodiscard]] std::string describe(const Percentiles& percentiles);

}  // namespace stockd::cli
