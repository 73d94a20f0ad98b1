#include "app/run_program.hpp"

#include "pg/private_cluster_process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

namespace stockd::app {

base::Result<int> run_program(
    const std::filesystem::path& program,
    std::vector<std::string> arguments,
    const std::function<bool()>& told_to_stop
) {
    constexpr std::chrono::milliseconds kPollEvery{50};
    if (access(program.c_str(), X_OK) != 0) {
        return base::Error{
            base::ErrorCode::kIo,
            "there is no program " + program.string() + " that could be run",
            {},
            "stockd looks for it beside itself: install both into one directory.",
            {}};
    }
    pg::Spawn what;
    what.program = program;
    what.arguments = std::move(arguments);
    what.signal_on_parent_death = SIGTERM;
    const auto child = pg::spawn(what);
    if (!child) {
        return child.error();
    }
    int status = 0;
    bool told = false;
    while (waitpid(*child, &status, WNOHANG) == 0) {
        if (!told && told_to_stop()) {
            told = true;
            kill(*child, SIGTERM);
        }
        std::this_thread::sleep_for(kPollEvery);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace stockd::app
