#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>
#include <string>

/// What systemd is told; all of it does nothing when systemd did not start us (no NOTIFY_SOCKET).
namespace stockd::app {

/// "READY=1", "STOPPING=1", "STATUS=...", several joined by line feeds.
void notify_systemd(const std::string& state);

/// How often systemd wants to hear from us; nothing without a watchdog.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace stockd::app
