#include "cli/interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace stockd::cli {

namespace {

// A signal handler may only touch what is lock-free and write to a pipe.
std::atomic<bool> interrupted{false};
std::array<int, 2> pipe_ends{-1, -1};

void note_signal(int /*signal*/) {
    const int saved_errno = errno;
    interrupted.store(true);
    const char byte = 'x';
    (void)!write(pipe_ends[1], &byte, 1);
    errno = saved_errno;
}

}  // namespace

void catch_interrupts() {
    if (pipe_ends[0] < 0) {
        (void)!pipe2(pipe_ends.data(), O_CLOEXEC | O_NONBLOCK);
    }

    struct sigaction action {};

    action.sa_handler = note_signal;
    // The handler goes after its first use: a second signal is not to be caught.
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, nullptr);
    (void)sigaction(SIGTERM, &action, nullptr);
}

bool is_interrupted() noexcept {
    return interrupted.load();
}

Woken wait_readable(int fd, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!is_interrupted()) {
        std::array<pollfd, 2> watched{{{pipe_ends[0], POLLIN, 0}, {fd, POLLIN, 0}}};
        int timeout_ms = -1;
        if (limit.count() >= 0) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now()
            );
            if (left.count() <= 0) {
                return Woken::kTimeout;
            }
            timeout_ms = static_cast<int>(left.count());
        }
        const int ready = poll(watched.data(), watched.size(), timeout_ms);
        if (ready > 0 && watched[1].revents != 0 && !is_interrupted()) {
            return Woken::kReadable;
        }
    }
    return Woken::kInterrupted;
}

}  // namespace stockd::cli
