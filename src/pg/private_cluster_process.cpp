#include "pg/private_cluster_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <system_error>

namespace stockd::pg {

namespace fs = std::filesystem;

namespace {

base::Error io_error(const std::string& what, int code) {
    return {base::ErrorCode::kIo, what + ": " + std::system_category().message(code), {}, {}, {}};
}

std::optional<OsUser> user_of(const passwd* entry) {
    if (entry == nullptr) {
        return std::nullopt;
    }
    OsUser user{entry->pw_name, entry->pw_uid, entry->pw_gid, {}};
    int count = 64;
    user.groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(entry->pw_name, entry->pw_gid, user.groups.data(), &count) < 0) {
        count = 1;
        user.groups.front() = entry->pw_gid;
    }
    user.groups.resize(static_cast<std::size_t>(count));
    return user;
}

/// In the child between fork and exec: system calls only.
bool become(const OsUser& user) {
    return setgroups(user.groups.size(), user.groups.data()) == 0 && setgid(user.gid) == 0 &&
           setuid(user.uid) == 0;
}

void complain_and_exit(const char* what) {
    (void)!write(STDERR_FILENO, what, std::strlen(what));
    _exit(127);
}

[[noreturn]] void run_child(
    const Spawn& what, pid_t parent, char* const* arguments, char* const* environment
) {
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int signal :
         {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2}) {
        std::signal(signal, SIG_DFL);
    }
    const int input = open("/dev/null", O_RDONLY);
    dup2(input, STDIN_FILENO);
    dup2(what.output, STDOUT_FILENO);
    dup2(what.output, STDERR_FILENO);
    close_range(3, ~0U, 0);
    if (what.user && !become(*what.user)) {
        complain_and_exit("cannot become the user that PostgreSQL is to run as\n");
    }
    if (what.signal_on_parent_death != 0) {
        // After setuid, which clears it.
        prctl(PR_SET_PDEATHSIG, what.signal_on_parent_death);
        if (getppid() != parent) {
            _exit(127);
        }
    }
    umask(077);
    if (chdir("/") == 0) {
        execve(what.program.c_str(), arguments, environment);
    }
    complain_and_exit("cannot execute the program\n");
    _exit(127);
}

}  // namespace

std::optional<OsUser> find_user(const std::string& name) {
    return user_of(getpwnam(name.c_str()));
}

std::optional<OsUser> find_user(uid_t uid) {
    return user_of(getpwuid(uid));
}

base::Result<pid_t> spawn(const Spawn& what) {
    auto texts = what.arguments;
    texts.insert(texts.begin(), what.program.string());
    std::vector<char*> arguments;
    arguments.reserve(texts.size() + 1);
    for (auto& text : texts) {
        arguments.push_back(text.data());
    }
    arguments.push_back(nullptr);
    // What the caller has in PGDATA, LC_ALL or LD_PRELOAD is not the cluster's.
    std::array<std::string, 3> variables = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/"};
    std::array<char*, 4> environment = {
        variables[0].data(), variables[1].data(), variables[2].data(), nullptr};
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) {
        return io_error("cannot start " + what.program.string(), errno);
    }
    if (child == 0) {
        run_child(what, parent, arguments.data(), environment.data());
    }
    return child;
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return 127;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool is_running(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(stat, line)) {
        return false;
    }
    // "pid (name) S ...": the name may hold anything, so the state is what follows the last
    // parenthesis.
    const auto after_name = line.rfind(')');
    return after_name != std::string::npos && after_name + 2 < line.size() &&
           line[after_name + 2] != 'Z' && line[after_name + 2] != 'X';
}

std::vector<pid_t> processes_in(const fs::path& directory) {
    std::vector<pid_t> found;
    std::error_code ignored;
    const auto wanted = fs::canonical(directory, ignored);
    if (ignored) {
        return found;
    }
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        const auto name = entry.path().filename().string();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || end != name.data() + name.size()) {
            continue;
        }
        const auto works_in = fs::read_symlink(entry.path() / "cwd", ignored);
        if (!ignored && works_in == wanted && pid != getpid() && is_running(pid)) {
            found.push_back(pid);
        }
    }
    return found;
}

bool can_traverse(const OsUser& user, const fs::path& directory) {
    if (geteuid() != 0) {
        return access(directory.c_str(), X_OK) == 0;
    }
    const pid_t child = fork();
    if (child == 0) {
        _exit(become(user) && access(directory.c_str(), X_OK) == 0 ? 0 : 1);
    }
    return child > 0 && wait_for(child) == 0;
}

base::Result<void> give_to(const fs::path& tree, const OsUser& user) {
    if (lchown(tree.c_str(), user.uid, user.gid) != 0) {
        return io_error("cannot give " + tree.string() + " to user " + user.name, errno);
    }
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(tree, error)) {
        if (lchown(entry.path().c_str(), user.uid, user.gid) != 0) {
            return io_error(
                "cannot give " + entry.path().string() + " to user " + user.name, errno
            );
        }
    }
    if (error) {
        return io_error("cannot read " + tree.string(), error.value());
    }
    return {};
}

}  // namespace stockd::pg
