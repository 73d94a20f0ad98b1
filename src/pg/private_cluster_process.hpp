#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

/// Processes of a private cluster: whose they are, how they are started, and which are still there.
/// Used by the private cluster's own files, what runs programs for it, and the test rig only.
namespace stockd::pg {

/// The operating system's user that PostgreSQL runs as.
struct OsUser {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};

[[nodiscard]] std::optional<OsUser> find_user(const std::string& name);
[[nodiscard]] std::optional<OsUser> find_user(uid_t uid);

struct Spawn {
    std::filesystem::path program;
    std::vector<std::string> arguments;  ///< without the program's name
    int output = 2;                      ///< file descriptor of its stdout and stderr
    std::optional<OsUser> user;          ///< become this user; none: stay who we are
    /// Sent to the child when the calling *thread* ends, so that a kill -9 of this program leaves
    /// nothing behind. 0: none.
    int signal_on_parent_death = SIGINT;
};

/// Starts a program in a session of its own (Ctrl-C in the terminal does not reach it), with a
/// clean environment and no inherited files.
[[nodiscard]] base::Result<pid_t> spawn(const Spawn& what);

/// Waits for a child. Its exit code, or 128 + signal.
[[nodiscard]] int wait_for(pid_t child);

/// True as long as the process runs; a zombie does not.
[[nodiscard]] bool is_running(pid_t pid);

/// Processes whose working directory is this one: PostgreSQL's server and all its children work in
/// the data directory.
[[nodiscard]] std::vector<pid_t> processes_in(const std::filesystem::path& directory);

/// Can this user reach the directory through all its parents? Asks the kernel, in a child that
/// became the user.
[[nodiscard]] bool can_traverse(const OsUser& user, const std::filesystem::path& directory);

/// Gives a tree to a user; symbolic links themselves, not what they point at.
[[nodiscard]] base::Result<void> give_to(const std::filesystem::path& tree, const OsUser& user);

/// Polls until the condition holds; false when the deadline came first.
template <class Condition>
bool wait_until(std::chrono::steady_clock::time_point deadline, const Condition& condition) {
    constexpr std::chrono::milliseconds kPollEvery{20};
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(kPollEvery);
    }
    return true;
}

}  // namespace stockd::pg
