#pragma once

#include <chrono>

/// Ctrl-C (SIGINT) and SIGTERM as something that a wait can see. A second one ends the process at
/// once, whatever it does.
namespace stockd::cli {

/// From here on the signals are noted instead of ending the process. Once, before threads are
/// started.
void catch_interrupts();

/// Any thread.
[[nodiscard]] bool is_interrupted() noexcept;

enum class Woken { kReadable, kInterrupted, kTimeout };

/// Until `fd` can be read, a signal came, or the time is over; a negative fd or time never ends the
/// wait. One thread at a time is woken by a signal.
[[nodiscard]] Woken wait_readable(int fd, std::chrono::milliseconds limit);

}  // namespace stockd::cli
