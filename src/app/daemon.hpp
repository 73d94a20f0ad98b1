#pragma once

#include "config/load.hpp"

namespace stockd::app {

/// Runs stockd until it is told to stop. `sources` are read again at SIGHUP. The exit code.
[[nodiscard]] int run_daemon(const config::Command& command, const config::Sources& sources);

}  // namespace stockd::app
