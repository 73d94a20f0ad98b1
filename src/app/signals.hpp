#pragma once

#include <chrono>
#include <csignal>

namespace stockd::app {

/// The signals that stockd acts on, taken one by one by the main thread instead of a handler.
/// Construct before any other thread exists: they inherit that these signals are blocked.
class Signals {
  public:
    Signals();

    /// The next signal, or 0 when none came in time.
    [[nodiscard]] int wait_for(std::chrono::milliseconds at_most) const;

    /// SIGINT or SIGTERM has come and waits to be taken.
    [[nodiscard]] bool told_to_stop() const;

  private:
    sigset_t taken_{};
};

}  // namespace stockd::app
