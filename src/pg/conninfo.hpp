#pragma once

#include "base/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace stockd::pg {

/// The keys and values that a connection string (URI or key=value) names, without asking anybody.
/// Errors: kInvalidArgument, in words that hold nothing of the string, which may hold a password.
[[nodiscard]] base::Result<std::vector<std::pair<std::string, std::string>>> parse_conninfo(
    const std::string& text
);

/// The connection string as people may see it: with "***" for its passwords, as libpq reads them,
/// or for all of it when libpq cannot read it. A string that cannot be shown in its own form is
/// shown as key=value.
[[nodiscard]] std::string mask_conninfo(const std::string& text);

/// Whether libpq takes this for ports: numbers from 1 to 65535, one per host; an empty one is the
/// default.
[[nodiscard]] bool are_ports(std::string_view text) noexcept;

}  // namespace stockd::pg
