#include "app/signals.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace stockd::app {

Signals::Signals()
    : had_terminal_(isatty(STDIN_FILENO) == 1) {
    sigemptyset(&taken_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&taken_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &taken_, nullptr);
    // A client that goes away is an error of its write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
}

int Signals::wait_for(std::chrono::milliseconds at_most) const {
    constexpr std::int64_t kMsPerS = 1000;
    constexpr std::int64_t kNsPerMs = 1'000'000;
    const auto ms = std::max<std::int64_t>(0, at_most.count());
    const timespec timeout{ms / kMsPerS, ms % kMsPerS * kNsPerMs};
    const int signal = sigtimedwait(&taken_, nullptr, &timeout);
    return signal < 0 ? 0 : signal;
}

bool Signals::told_to_stop() const {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
           terminal_is_gone();
}

bool Signals::terminal_is_gone() const {
    return had_terminal_ && isatty(STDIN_FILENO) == 0;
}

}  // namespace stockd::app
