#include "app/systemd.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace stockd::app {

void notify_systemd(const std::string& state) {
    // A failure means that nobody listens; there is nobody to tell.
    (void)sd_notify(/*unset_environment=*/0, state.c_str());
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    std::uint64_t interval_us = 0;
    if (sd_watchdog_enabled(/*unset_environment=*/0, &interval_us) <= 0) {
        return std::nullopt;
    }
    return std::chrono::microseconds{interval_us};
}

}  // namespace stockd::app
