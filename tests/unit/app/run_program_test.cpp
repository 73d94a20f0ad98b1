#include "app/run_program.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace stockd;
using Catch::Matchers::Contains;

namespace {

bool never() {
    return false;
}

/// In a process that may start no other: what run_program() says, as an exit code. As root another
/// user, because the limit does not bind root.
int where_nothing_can_be_started() {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        constexpr uid_t kNobody = 65534;
        const rlimit none{0, 0};
        if (setrlimit(RLIMIT_NPROC, &none) != 0 || (geteuid() == 0 && setuid(kNobody) != 0)) {
            _exit(2);
        }
        int asked = 0;
        // A process id of -1 would be waited for until it is told to stop, and then be killed:
        // every process of the user. Never let it come to that.
        const auto code = app::run_program("/bin/true", {}, [&asked] {
            if (++asked > 3) {
                _exit(3);
            }
            return false;
        });
        _exit(!code && code.error().code == base::ErrorCode::kIo ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("run program: gives the exit code, or 128 and the signal", "[app]") {
    CHECK(app::run_program("/bin/sh", {"-c", "exit 7"}, never).value() == 7);
    CHECK(app::run_program("/bin/sh", {"-c", "kill -KILL $$"}, never).value() == 137);
}

TEST_CASE("run program: being told to stop ends it", "[app]") {
    std::string name = "/tmp/stockd-run-XXXXXX";
    close(mkstemp(name.data()));
    const auto runs = [&name] { return std::filesystem::file_size(name) > 0; };
    const auto code =
        app::run_program("/bin/sh", {"-c", "echo runs >" + name + "; exec sleep 1000"}, runs);
    CHECK(code.value() == 143);
    std::filesystem::remove(name);
}

TEST_CASE("run program: a program that is not there is named", "[app]") {
    const auto code = app::run_program("/nonexistent/stockctl", {}, never);
    REQUIRE(code.has_error());
    CHECK_THAT(base::describe(code.error()), Contains("/nonexistent/stockctl"));
}

TEST_CASE("run program: no process left to start is an error, not a wait for ever", "[app]") {
    CHECK(where_nothing_can_be_started() == 0);
}
