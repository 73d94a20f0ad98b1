#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// How values of settings are written. Pure. An error's message says what was given and what is
/// wanted.
namespace stockd::config {

/// "250ms", "1s", "15min", "2h"; a plain number has no unit and is refused.
[[nodiscard]] base::Result<std::chrono::milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string print_duration(std::chrono::milliseconds duration);

/// A whole number, digits only.
[[nodiscard]] base::Result<std::int64_t> parse_number(std::string_view text);

/// "16384", "16KiB", "1MiB".
[[nodiscard]] base::Result<std::int64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string print_bytes(std::int64_t bytes);

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
};

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080". Port 0 lets the system choose.
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace stockd::config
