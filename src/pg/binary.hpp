#pragma once

#include "base/clock.hpp"

#include <boost/endian/conversion.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

/// PostgreSQL's binary formats of the types that are read in bulk. Each returns nothing when the
/// bytes have another length: the column is of another type.
namespace stockd::pg {

template <class Integer>
[[nodiscard]] std::optional<Integer> binary_integer(std::string_view bytes) noexcept {
    if (bytes.size() != sizeof(Integer)) {
        return std::nullopt;
    }
    return boost::endian::endian_load<Integer, sizeof(Integer), boost::endian::order::big>(
        reinterpret_cast<const unsigned char*>(bytes.data())
    );
}

[[nodiscard]] inline std::optional<bool> binary_bool(std::string_view bytes) noexcept {
    if (bytes.size() != 1) {
        return std::nullopt;
    }
    return bytes.front() != 0;
}

/// timestamptz counts microseconds from 2000-01-01 UTC.
constexpr std::int64_t kPostgresEpochUs = 946'684'800'000'000;

[[nodiscard]] inline std::optional<base::Timestamp> binary_timestamp(std::string_view bytes
) noexcept {
    const auto us = binary_integer<std::int64_t>(bytes);
    if (!us || *us > INT64_MAX - kPostgresEpochUs) {
        return us ? std::optional<base::Timestamp>{{*us}}
                  : std::nullopt;  // infinity stays the largest
    }
    return base::Timestamp{*us + kPostgresEpochUs};
}

/// jsonb: a version byte, then JSON text.
[[nodiscard]] inline std::optional<std::string_view> binary_jsonb(std::string_view bytes) noexcept {
    if (bytes.empty() || bytes.front() != 1) {
        return std::nullopt;
    }
    return bytes.substr(1);
}

}  // namespace stockd::pg
