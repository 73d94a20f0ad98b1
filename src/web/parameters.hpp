#pragma once

#include "web/api_request.hpp"
#include "web/query.hpp"

#include <optional>
#include <string>
#include <string_view>

/// The query parameters of the public API, read into an ApiRequest. Pure.
namespace stockd::web {

/// Bits of the parameters, to tell which were given and which a route takes.
enum Parameter : unsigned {
    kStore = 1U << 0U,
    kId = 1U << 1U,
    kIds = 1U << 2U,
    kQuantity = 1U << 3U,
    kUnit = 1U << 4U,
    kLimit = 1U << 5U,
    kCursor = 1U << 6U,
    kTicket = 1U << 7U,
    kMinVersion = 1U << 8U,
    kWaitMs = 1U << 9U,
};

/// "store, unit"; "none" without any bit.
[[nodiscard]] std::string names_of(unsigned bits);

/// percent_decode as a problem. `what` begins its sentence.
[[nodiscard]] std::optional<Problem> decode(
    std::string_view text, Plus plus, std::string_view what, std::string& out
);

/// Reads the whole query into `out`; `given` are the bits of what was there. Whether they go
/// together is the caller's to check.
[[nodiscard]] std::optional<Problem> read_parameters(
    std::string_view query, const Limits& limits, ApiRequest& out, unsigned& given
);

}  // namespace stockd::web
