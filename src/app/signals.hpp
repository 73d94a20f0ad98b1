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

    /// SIGINT or SIGTERM has come and waits to be taken, or the terminal is gone.
    [[nodiscard]] bool told_to_stop() const;

    /// The terminal that we were started on was closed: this is what a SIGHUP means then.
    [[nodiscard]] bool terminal_is_gone() const;

  private:
    sigset_t taken_{};
    bool had_terminal_;
};

}  // namespace stockd::app
