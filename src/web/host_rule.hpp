#pragma once

#include "web/problem.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::web {

/// Which Host headers a server answers to. A page in a browser can have its own name resolve to
/// 127.0.0.1 and so pass for a page of this server; its requests then carry that name. So a server
/// that only this machine can reach answers to no names but its own. Programs and addresses cannot
/// be deceived so.
class HostRule {
  public:
    /// Any.
    HostRule() = default;
    /// localhost, addresses, no Host at all (HTTP/1.0), and these names in any case; any with "*"
    /// among them.
    explicit HostRule(std::vector<std::string> names);

    /// `host` as in the header, with or without a port.
    [[nodiscard]] bool allows(std::string_view host) const;

  private:
    std::vector<std::string> names_;  ///< in lower case; empty: any
};

[[nodiscard]] Problem unknown_host(std::string_view host);

/// "a.example, b.example": without blanks and empty pieces.
[[nodiscard]] std::vector<std::string> split_names(std::string_view text);

}  // namespace stockd::web
