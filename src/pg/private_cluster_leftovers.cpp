#include "pg/private_cluster_place.hpp"
#include "pg/private_cluster_process.hpp"
#include "pg/private_cluster_server.hpp"

#include <algorithm>
#include <csignal>
#include <sstream>
#include <string>

namespace stockd::pg {

namespace fs = std::filesystem;

namespace {

/// What the first lines of postmaster.pid say.
struct PostmasterFile {
    pid_t pid = 0;
    std::string status;
};

PostmasterFile read_postmaster_file(const fs::path& data) {
    PostmasterFile held;
    std::istringstream lines{text_of(data / "postmaster.pid")};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (number == 1) {
            held.pid = leading_number(line);
        } else if (number == 8) {
            held.status = line.substr(0, line.find_last_not_of(' ') + 1);
        }
    }
    return held;
}

}  // namespace

base::Result<void> leave_no_old_server(const Home& home, const ClusterOptions& options) {
    const auto deadline = std::chrono::steady_clock::now() + options.start_timeout;
    const auto is_ours = [&home](pid_t pid) {
        const auto there = processes_in(home.data);
        return pid != 0 && std::find(there.begin(), there.end(), pid) != there.end();
    };
    auto held = read_postmaster_file(home.data);
    if (is_ours(held.pid)) {
        const bool settled = wait_until(deadline, [&] {
            held = read_postmaster_file(home.data);
            return held.status == "ready" || !is_ours(held.pid);
        });
        if (settled && is_ours(held.pid)) {
            // Its sockets may be elsewhere and its settings others: a clean restart is the simplest
            // adoption.
            tell(
                options.say,
                "A PostgreSQL server of this directory is still running (process " +
                    std::to_string(held.pid) + "); restarting it."
            );
            kill(held.pid, SIGINT);
        }
        if (!wait_until(deadline, [&] { return !is_ours(held.pid); })) {
            kill(held.pid, SIGQUIT);
        }
    }
    // Children of a killed server end by themselves within a moment; one that is stuck would keep
    // the shared memory.
    if (!wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(10), [&] {
            return processes_in(home.data).empty();
        })) {
        for (const auto pid : processes_in(home.data)) {
            kill(pid, SIGKILL);
        }
        wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(5), [&] {
            return processes_in(home.data).empty();
        });
    }
    // Nobody works in the data directory, so these are leftovers; a reused process id in them would
    // stop the start.
    std::error_code ignored;
    fs::remove(home.data / "postmaster.pid", ignored);
    const auto socket = home.sockets / (".s.PGSQL." + std::to_string(kPrivatePort));
    fs::remove(socket, ignored);
    fs::remove(socket.string() + ".lock", ignored);
    return {};
}

}  // namespace stockd::pg
