#include "app/file_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace stockd::app {

namespace {

/// Connections to the database (some ten, more in a load), listening sockets, log.
constexpr std::int64_t kOthers = 64;
/// Each thread that serves has an epoll, an event and a timer descriptor.
constexpr std::int64_t kPerThread = 3;
/// A handful of scrapers and people.
constexpr std::int64_t kOfAdmin = 256;

}  // namespace

ConnectionLimits make_room_for_connections(std::int64_t wanted, std::int64_t threads) noexcept {
    const auto others = kOthers + kPerThread * threads;
    const ConnectionLimits all{wanted, std::min(wanted, kOfAdmin)};
    const auto needed = static_cast<rlim_t>(all.of_api + all.of_admin + others);
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) {
        return all;
    }
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return all;
    }
    const auto room = std::max<std::int64_t>(4, static_cast<std::int64_t>(limit.rlim_cur) - others);
    const auto of_admin = std::min(all.of_admin, room / 4);
    return {std::min(wanted, room - of_admin), of_admin};
}

}  // namespace stockd::app
