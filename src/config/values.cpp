#include "config/values.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace stockd::config {

namespace {

base::Error bad(std::string_view given, const std::string& wanted) {
    return {
        base::ErrorCode::kInvalidArgument,
        "\"" + std::string(given) + "\" is not " + wanted,
        {},
        {},
        {}};
}

/// The number in front of a unit, and the unit. False without a number, or when it does not fit.
bool split(std::string_view text, std::int64_t& number, std::string_view& unit) {
    const auto* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || number < 0 || text.front() == '-') {
        return false;
    }
    unit = {at, static_cast<std::size_t>(end - at)};
    return true;
}

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

// Largest first: the printer takes the first that divides.
constexpr std::array<Unit, 4> kDurations = {
    {{"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 3> kSizes = {{{"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}};

template <std::size_t N>
bool parse_with(const std::array<Unit, N>& units, std::string_view text, std::int64_t& value) {
    std::string_view unit;
    if (!split(text, value, unit)) {
        return false;
    }
    for (const auto& known : units) {
        if (known.name == unit) {
            return !__builtin_mul_overflow(value, known.factor, &value);
        }
    }
    return false;
}

template <std::size_t N>
std::string print_with(const std::array<Unit, N>& units, std::int64_t value) {
    for (const auto& unit : units) {
        if (value != 0 && value % unit.factor == 0) {
            return std::to_string(value / unit.factor) + std::string(unit.name);
        }
    }
    return "0" + std::string(units.back().name);
}

}  // namespace

base::Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::int64_t value = 0;
    if (!parse_with(kDurations, text, value)) {
        return bad(text, "a duration such as 250ms, 1s, 15min or 2h");
    }
    return std::chrono::milliseconds{value};
}

std::string print_duration(std::chrono::milliseconds duration) {
    return print_with(kDurations, duration.count());
}

base::Result<std::int64_t> parse_number(std::string_view text) {
    std::int64_t value = 0;
    std::string_view rest;
    if (!split(text, value, rest) || !rest.empty()) {
        return bad(text, "a whole number");
    }
    return value;
}

base::Result<std::int64_t> parse_bytes(std::string_view text) {
    std::int64_t value = 0;
    if (!parse_with(kSizes, text, value)) {
        return bad(text, "a size such as 16384, 16KiB or 1MiB");
    }
    return value;
}

std::string print_bytes(std::int64_t bytes) {
    return print_with(kSizes, bytes);
}

base::Result<Endpoint> parse_endpoint(std::string_view text) {
    const auto error = bad(text, "an address such as 127.0.0.1:8080 or [::1]:8080");
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return error;
    }
    auto host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const auto port = parse_number(text.substr(colon + 1));
    if (host.empty() || host.find_first_of(" \t/[]") != std::string_view::npos || !port ||
        *port > 65535 || (!bracketed && host.find(':') != std::string_view::npos)) {
        return error;
    }
    return Endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace stockd::config
