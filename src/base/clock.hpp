#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace stockd::base {

/// Microseconds since 1970-01-01 UTC: what timestamptz holds, and all that crosses module borders.
struct Timestamp {
    std::int64_t unix_us = 0;
    friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

using SteadyTime = std::chrono::steady_clock::time_point;

[[nodiscard]] Timestamp now_utc() noexcept;

/// "2025-01-23T10:30:00.000Z": ISO 8601 in UTC with milliseconds, as JavaScript's Date prints it.
/// 24 characters for years 0..9999.
void append_iso8601(std::string& out, Timestamp time);
[[nodiscard]] std::string to_iso8601(Timestamp time);

}  // namespace stockd::base
