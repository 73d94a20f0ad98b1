/// with_cluster [--no-migrate] [--set name=value]... -- command [argument]...
/// Runs a command against a throw-away PostgreSQL cluster of its own and takes the cluster away
/// afterwards, whatever happens. The exit code is the command's.

#include "pg/private_cluster.hpp"
#include "pg/private_cluster_process.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace stockd;

struct Arguments {
    bool migrate = true;
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<char*> command;
};

constexpr int kUsage = 2;
const std::string kPrefix = "stockd-test-";

int usage() {
    std::cerr
        << "usage: with_cluster [--no-migrate] [--set name=value]... -- command [argument]...\n";
    return kUsage;
}

bool parse(std::span<char*> given, Arguments& arguments) {
    std::size_t at = 1;
    for (; at < given.size(); ++at) {
        const std::string word = given[at];
        if (word == "--") {
            ++at;
            break;
        }
        if (word == "--no-migrate") {
            arguments.migrate = false;
        } else if (word == "--set" && at + 1 < given.size()) {
            const std::string setting = given[++at];
            const auto equals = setting.find('=');
            if (equals == std::string::npos) {
                return false;
            }
            arguments.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
        } else {
            return false;
        }
    }
    for (; at < given.size(); ++at) {
        arguments.command.push_back(given[at]);
    }
    arguments.command.push_back(nullptr);
    return arguments.command.size() > 1;
}

/// A lock on a file, held until the process ends or the object goes.
class FileLock {
  public:
    FileLock(const fs::path& path, int operation)
        : descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
          held_(descriptor_ >= 0 && flock(descriptor_, operation) == 0) {}

    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    FileLock(FileLock&&) = delete;
    FileLock& operator=(FileLock&&) = delete;

    ~FileLock() { close(descriptor_); }

    [[nodiscard]] bool is_held() const { return held_; }

  private:
    int descriptor_;
    bool held_;
};

/// initdb takes a second, a copy of its result a tenth: one template per build directory and user.
base::Result<fs::path> template_data(const fs::path& build) {
    const auto directory = build / "test-cluster" / std::to_string(geteuid());
    std::error_code error;
    fs::create_directories(directory, error);
    const FileLock lock{directory / "lock", LOCK_EX};
    const auto data = directory / "data";
    if (fs::exists(data / "PG_VERSION", error)) {
        return data;
    }
    // Made where the server's user can write, then brought here.
    std::string scratch = (fs::temp_directory_path() / "stockd-template-XXXXXX").string();
    if (mkdtemp(scratch.data()) == nullptr || chmod(scratch.c_str(), 0711) != 0) {
        return base::Error{
            base::ErrorCode::kIo, "cannot make a directory like " + scratch, {}, {}, {}};
    }
    auto made = pg::make_data_directory(fs::path{scratch} / "data", /*durable=*/false);
    if (made) {
        fs::remove_all(directory / "data.new", error);
        fs::copy(
            fs::path{scratch} / "data",
            directory / "data.new",
            fs::copy_options::recursive | fs::copy_options::copy_symlinks,
            error
        );
        if (!error) {
            fs::rename(directory / "data.new", data, error);
        }
    }
    std::error_code ignored;
    fs::remove_all(scratch, ignored);
    if (!made) {
        return made.error();
    }
    if (error) {
        return base::Error{
            base::ErrorCode::kIo, "cannot make the template: " + error.message(), {}, {}, {}};
    }
    return data;
}

/// Directories that a killed run left behind: nobody holds their lock. Only old ones: between
/// making its directory and having the lock a run would lose it.
void sweep(const fs::path& temp) {
    constexpr std::time_t kOldAfterS = 600;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(temp, ignored)) {
        struct stat held {};

        if (!entry.path().filename().string().starts_with(kPrefix) ||
            lstat(entry.path().c_str(), &held) != 0 || held.st_uid != geteuid() ||
            std::time(nullptr) - held.st_mtime < kOldAfterS ||
            !fs::exists(entry.path() / "lock", ignored)) {
            continue;
        }
        const FileLock lock{entry.path() / "lock", LOCK_EX | LOCK_NB};
        if (lock.is_held() && pg::processes_in(entry.path() / "data").empty()) {
            fs::remove_all(entry.path(), ignored);
        }
    }
}

class TemporaryDirectory {
  public:
    explicit TemporaryDirectory(const fs::path& temp)
        : path_((temp / (kPrefix + "XXXXXX")).string()) {
        // 0711: the server's user passes through; what is inside has its own rights.
        if (mkdtemp(path_.data()) == nullptr || chmod(path_.c_str(), 0711) != 0) {
            path_.clear();
        }
    }

    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    TemporaryDirectory(TemporaryDirectory&&) = delete;
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

    ~TemporaryDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

void set_environment(const pg::PrivateCluster& cluster) {
    for (const auto* name :
         {"PGPASSWORD",
          "PGPASSFILE",
          "PGSERVICE",
          "PGSERVICEFILE",
          "PGOPTIONS",
          "PGAPPNAME",
          "PGSSLMODE",
          "PGHOSTADDR",
          "STOCKD_DATABASE_URL",
          "STOCKD_LISTEN",
          "STOCKD_ADMIN_LISTEN"}) {
        unsetenv(name);  // the caller's are not meant for the tests
    }
    const auto host = cluster.socket_directory().string();
    const auto port = std::to_string(pg::PrivateCluster::port());
    setenv("PGHOST", host.c_str(), 1);
    setenv("PGPORT", port.c_str(), 1);
    setenv("PGUSER", cluster.user().c_str(), 1);
    setenv("PGDATABASE", cluster.database().c_str(), 1);
    const auto url = "postgresql:///" + cluster.database() + "?host=" + host + "&port=" + port +
                     "&user=" + cluster.user();
    setenv("STOCKD_TEST_DATABASE_URL", url.c_str(), 1);
    setenv("STOCKD_TEST_PGDATA", cluster.data_directory().c_str(), 1);
    setenv("STOCKD_TEST_PGBIN", cluster.bin_directory().c_str(), 1);
    if (!cluster.os_user().empty()) {
        setenv("STOCKD_TEST_PGOSUSER", cluster.os_user().c_str(), 1);
    }
}

/// Its exit code; 128 + signal when it or we were told to end.
int run(const std::vector<char*>& command, const sigset_t& waited, pid_t parent) {
    // A group of its own, so that what the command leaves behind can be ended with it; not on a
    // terminal, which would stop a group in the background.
    const bool own_group = isatty(STDIN_FILENO) == 0;
    const pid_t child = fork();
    if (child == 0) {
        if (own_group) {
            setpgid(0, 0);
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_UNBLOCK, &waited, nullptr);
        execvp(command.front(), command.data());
        std::cerr << "with_cluster: cannot execute " << command.front() << "\n";
        _exit(127);
    }
    int told = 0;
    const timespec tick{0, 200'000'000};
    auto kill_at = std::chrono::steady_clock::time_point::max();
    int code = -1;
    while (code < 0) {
        const int signal = sigtimedwait(&waited, nullptr, &tick);
        int status = 0;
        if (waitpid(child, &status, WNOHANG) == child) {
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            break;
        }
        const bool orphaned = getppid() != parent;
        if (told == 0 && (orphaned || signal == SIGINT || signal == SIGTERM || signal == SIGHUP)) {
            told = orphaned ? SIGTERM : signal;
            kill(own_group ? -child : child, told);
            kill_at = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        }
        if (std::chrono::steady_clock::now() > kill_at) {
            kill(own_group ? -child : child, SIGKILL);
        }
    }
    if (own_group) {
        kill(-child, SIGKILL);
    }
    return told != 0 ? 128 + told : code;
}

int fail(const base::Error& error) {
    std::cerr << "with_cluster: " << error << "\n";
    return 1;
}

int run_with_cluster(const Arguments& arguments) {
    const pid_t parent = getppid();
    sigset_t waited;
    sigemptyset(&waited);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
        sigaddset(&waited, signal);
    }
    sigprocmask(SIG_BLOCK, &waited, nullptr);
    const auto programs = fs::read_symlink("/proc/self/exe").parent_path();
    const auto data = template_data(programs.parent_path());
    if (!data) {
        return fail(data.error());
    }
    const auto temp = fs::temp_directory_path();
    sweep(temp);
    const TemporaryDirectory directory{temp};
    auto cluster = pg::PrivateCluster::start({
        .directory = directory.path(),
        .database = "stockd_test",
        .durable = false,
        .settings = arguments.settings,
        .template_data = *data,
        .say = {},
    });
    if (!cluster) {
        return fail(cluster.error());
    }
    set_environment(*cluster);
    if (arguments.migrate && fs::exists(programs / "stockctl")) {
        std::string program = (programs / "stockctl").string();
        std::string verb = "migrate";
        const auto* url = std::getenv("STOCKD_TEST_DATABASE_URL");  // NOLINT(concurrency-mt-unsafe)
        setenv("STOCKD_DATABASE_URL", url, 1);
        std::string quiet = "--quiet";
        const int migrated =
            run({program.data(), verb.data(), quiet.data(), nullptr}, waited, parent);
        unsetenv("STOCKD_DATABASE_URL");
        if (migrated != 0) {
            std::cerr << "with_cluster: stockctl migrate failed with exit code " << migrated
                      << "\n";
            return migrated;
        }
    }
    return run(arguments.command, waited, parent);
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!parse({argv, static_cast<std::size_t>(argc)}, arguments)) {
        return usage();
    }
    try {
        return run_with_cluster(arguments);
    } catch (const std::exception& error) {
        std::cerr << "with_cluster: " << error.what() << "\n";
        return 1;
    }
}
