#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace stockd::pg {

/// One of the servers that a connection string names, as parameters that stand after it and so
/// replace its lists.
struct Server {
    std::string host;
    std::string hostaddr;
    std::string port;

    friend bool operator==(const Server&, const Server&) = default;
};

/// The servers of a connection string, or else of the environment, in their order. libpq's
/// asynchronous connect goes on to the next one only when one refuses, not when one is silent, so
/// whoever has several tries them one by one. Empty when there is nothing to choose from: one
/// server, lists that do not fit (libpq says so), or an entry that means the default.
[[nodiscard]] std::vector<Server> servers_of(const std::string& conninfo);

/// connect_timeout of the connection string or the environment, which libpq's asynchronous connect
/// ignores: for one server, at least 2 s as in libpq. 0: none.
[[nodiscard]] std::chrono::seconds connect_timeout_of(const std::string& conninfo);

/// Until when one of `left` servers may take its time: an equal share of what is left of all, and
/// no longer than its own limit (0: none).
[[nodiscard]] base::SteadyTime share_of(
    base::SteadyTime now, base::SteadyTime deadline, std::size_t left, std::chrono::seconds limit
);

}  // namespace stockd::pg
