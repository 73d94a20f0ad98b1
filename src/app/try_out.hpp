#pragma once

#include "cache/reading.hpp"

#include <string>

namespace stockd::app {

struct TryOut {
    std::string address;  ///< of the HTTP API, "host:port"
    std::string admin_address;
    std::string database_url;  ///< for people
    std::string stockctl;      ///< its path
};

/// What somebody who has just started stockd can type next, with a product that exists.
[[nodiscard]] std::string try_out_text(const TryOut& where, const cache::Reading& reading);
void print_try_out(const TryOut& where, const cache::Reading& reading);

}  // namespace stockd::app
