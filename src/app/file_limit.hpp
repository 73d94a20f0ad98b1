#pragma once

#include <cstdint>

namespace stockd::app {

/// How many connections may be open at once.
struct ConnectionLimits {
    std::int64_t of_api = 0;
    std::int64_t of_admin = 0;
};

/// Raises this process's limit of open files, as far as it may, to what `wanted` (1 or more)
/// connections to the API take, beside those to the admin port, the database's, the log's and what
/// each of the threads that serve needs.
/// Where the limit stays too low there are fewer; the admin port keeps some for who asks how it is.
[[nodiscard]] ConnectionLimits make_room_for_connections(
    std::int64_t wanted, std::int64_t threads
) noexcept;

}  // namespace stockd::app
