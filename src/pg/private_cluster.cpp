#include "pg/private_cluster.hpp"

#include "pg/connection.hpp"
#include "pg/private_cluster_place.hpp"
#include "pg/private_cluster_process.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <thread>

namespace stockd::pg {

namespace fs = std::filesystem;

namespace {

constexpr int kPort = 5432;  // part of the socket's name only; the socket's directory is ours alone
constexpr std::chrono::milliseconds kPollEvery{20};
constexpr std::size_t kLogKeptBytes = 10U << 20U;
const std::string kSuperuser = "postgres";

using Clock = std::chrono::steady_clock;

class File {
  public:
    explicit File(int descriptor)
        : descriptor_(descriptor) {}

    File(File&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)) {}

    File(const File&) = delete;
    File& operator=(const File&) = delete;

    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    ~File() {
        if (descriptor_ >= 0) {
            close(descriptor_);
        }
    }

    [[nodiscard]] int get() const noexcept { return descriptor_; }

  private:
    int descriptor_;
};

/// The last lines of a log, from `from` on: what the server said before it gave up.
std::string end_of(const fs::path& log, std::uintmax_t from) {
    constexpr std::size_t kMost = 2000;
    auto text = text_of(log);
    text.erase(0, std::min<std::size_t>(text.size(), from));
    if (text.size() > kMost) {
        text.erase(0, text.size() - kMost);
    }
    return text;
}

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

template <class Condition>
bool wait_until(Clock::time_point deadline, const Condition& condition) {
    while (!condition()) {
        if (Clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(kPollEvery);
    }
    return true;
}

base::Result<void> run_initdb(
    const fs::path& bin, const fs::path& data, const OsUser& user, int log, bool durable
) {
    Spawn initdb{
        bin / "initdb",
        {"--pgdata=" + data.string(),
         "--username=" + kSuperuser,
         "--auth-local=trust",
         "--auth-host=reject",
         "--encoding=UTF8",
         "--locale=C.UTF-8"},
        log,
        {},
        SIGKILL};
    if (geteuid() == 0) {
        initdb.user = user;
    }
    initdb.arguments.emplace_back(durable ? "--data-checksums" : "--no-sync");
    const auto child = spawn(initdb);
    if (!child) {
        return child.error();
    }
    if (const int code = wait_for(*child); code != 0) {
        return base::Error{
            base::ErrorCode::kUnavailable,
            "initdb failed with exit code " + std::to_string(code) + ".",
            {},
            {},
            {}};
    }
    return {};
}

}  // namespace

struct PrivateCluster::Impl {
    ClusterOptions options;
    fs::path directory;
    fs::path data;
    fs::path sockets;
    fs::path bin;
    fs::path log_path;
    OsUser user;
    std::string os_user_name;
    File lock{-1};
    File log{-1};
    pid_t postmaster = 0;
    bool is_new = false;

    void say(const std::string& line) const {
        if (options.say) {
            options.say(line);
        }
    }

    [[nodiscard]] std::string conninfo_to(const std::string& database) const {
        return "host=" + sockets.string() + " port=" + std::to_string(kPort) +
               " user=" + kSuperuser + " dbname=" + database;
    }

    base::Result<void> choose_directory();
    base::Result<void> take_lock();
    base::Result<void> choose_sockets();
    base::Result<void> choose_binaries();
    base::Result<void> make_data();
    base::Result<void> leave_no_old_server();
    base::Result<void> launch();
    base::Result<void> wait_until_it_answers(std::uintmax_t log_from);
    base::Result<void> make_database() const;
    [[nodiscard]] bool is_running();
    void stop();
};

base::Result<void> PrivateCluster::Impl::choose_directory() {
    std::error_code error;
    directory = fs::absolute(options.directory, error).lexically_normal();
    if (directory.filename().empty()) {
        directory = directory.parent_path();
    }
    fs::create_directories(directory, error);
    if (error) {
        return io_error("cannot make the directory " + directory.string() + ": " + error.message());
    }
    directory = fs::canonical(directory, error);
    const auto chosen = choose_user(directory / "data", options.say);
    if (!chosen) {
        return chosen.error();
    }
    user = *chosen;
    if (geteuid() == 0) {
        os_user_name = user.name;
        if (!can_traverse(user, directory)) {
            const fs::path elsewhere = fs::path{"/var/lib/stockd"} / hash_of(directory.string());
            say("User " + user.name + " cannot reach " + directory.string() +
                "; the database lives in " + elsewhere.string() + ".");
            fs::create_directories(elsewhere, error);
            if (error || chmod("/var/lib/stockd", 0755) != 0 ||
                chmod(elsewhere.c_str(), 0755) != 0) {
                return io_error("cannot make the directory " + elsewhere.string());
            }
            directory = elsewhere;
        }
    }
    data = directory / "data";
    log_path = directory / "postgres.log";
    return {};
}

base::Result<void> PrivateCluster::Impl::take_lock() {
    const auto path = directory / "lock";
    lock = File{open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (lock.get() < 0) {
        return io_error("cannot write in " + directory.string(), "Name a directory of your own.");
    }
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::Error{
            base::ErrorCode::kConflict,
            "The cluster in " + directory.string() + " is in use by another process.",
            "It is process " + text_of(path) + ".",
            "Stop that one first, or name another directory.",
            {}};
    }
    const auto self = std::to_string(getpid());
    if (ftruncate(lock.get(), 0) != 0 || pwrite(lock.get(), self.data(), self.size(), 0) < 0) {
        return io_error("cannot write " + path.string());
    }
    std::error_code error;
    const auto size = fs::file_size(log_path, error);
    const int truncate = !error && size > kLogKeptBytes ? O_TRUNC : 0;
    log = File{open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | truncate, 0600)};
    if (log.get() < 0) {
        return io_error("cannot write " + log_path.string());
    }
    return {};
}

base::Result<void> PrivateCluster::Impl::choose_sockets() {
    sockets = directory / "socket";
    if (!can_hold_socket(sockets, kPort)) {
        sockets = "/tmp/stockd-" + std::to_string(user.uid) + "-" + hash_of(directory.string());
        say("The path of " + directory.string() +
            " is too long or too odd for a socket; it is in " + sockets.string() + ".");
    }
    return make_owned(sockets, user);
}

base::Result<void> PrivateCluster::Impl::choose_binaries() {
    const int major = leading_number(text_of(data / "PG_VERSION"));
    const auto found = find_postgres_binaries(major);
    if (!found) {
        return found.error();
    }
    bin = *found;
    return {};
}

base::Result<void> PrivateCluster::Impl::make_data() {
    std::error_code error;
    if (fs::exists(data / "PG_VERSION", error)) {
        return {};
    }
    // Aside, then renamed: whoever is killed in the middle leaves nothing that looks like a
    // cluster.
    const auto aside = directory / "data.new";
    fs::remove_all(aside, error);
    is_new = true;
    if (!options.template_data.empty()) {
        fs::copy(
            options.template_data,
            aside,
            fs::copy_options::recursive | fs::copy_options::copy_symlinks,
            error
        );
        if (error) {
            return io_error(
                "cannot copy " + options.template_data.string() + ": " + error.message()
            );
        }
        if (const auto given = give_to(aside, user); geteuid() == 0 && !given) {
            return given.error();
        }
    } else {
        say("Making a private PostgreSQL cluster in " + data.string() + " ...");
        const auto from = fs::file_size(log_path, error);
        if (const auto made = make_owned(aside, user); !made) {
            return made.error();
        }
        if (auto made = run_initdb(bin, aside, user, log.get(), options.durable); !made) {
            auto failure = made.error();
            failure.detail = end_of(log_path, from);
            return failure;
        }
    }
    fs::rename(aside, data, error);
    if (error) {
        return io_error(
            "cannot rename " + aside.string() + " to " + data.string() + ": " + error.message()
        );
    }
    return {};
}

/// After a kill -9 of everything, the server may be running (adopt it), on its way out (wait), or
/// dead with its files and perhaps some children left (clean up).
base::Result<void> PrivateCluster::Impl::leave_no_old_server() {
    const auto deadline = Clock::now() + options.start_timeout;
    const auto is_ours = [this](pid_t pid) {
        const auto there = processes_in(data);
        return pid != 0 && std::find(there.begin(), there.end(), pid) != there.end();
    };
    auto held = read_postmaster_file(data);
    if (is_ours(held.pid)) {
        const bool settled = wait_until(deadline, [&] {
            held = read_postmaster_file(data);
            return held.status == "ready" || !is_ours(held.pid);
        });
        if (settled && is_ours(held.pid)) {
            // Its sockets may be elsewhere and its settings others: a clean restart is the simplest
            // adoption.
            say("A PostgreSQL server of this directory is still running (process " +
                std::to_string(held.pid) + "); restarting it.");
            kill(held.pid, SIGINT);
        }
        if (!wait_until(deadline, [&] { return !is_ours(held.pid); })) {
            kill(held.pid, SIGQUIT);
        }
    }
    // Children of a killed server end by themselves within a moment; one that is stuck would keep
    // the shared memory.
    if (!wait_until(Clock::now() + std::chrono::seconds(10), [&] {
            return processes_in(data).empty();
        })) {
        for (const auto pid : processes_in(data)) {
            kill(pid, SIGKILL);
        }
        wait_until(Clock::now() + std::chrono::seconds(5), [&] {
            return processes_in(data).empty();
        });
    }
    // Nobody works in the data directory, so these are leftovers; a reused process id in them would
    // stop the start.
    std::error_code ignored;
    fs::remove(data / "postmaster.pid", ignored);
    const auto socket = sockets / (".s.PGSQL." + std::to_string(kPort));
    fs::remove(socket, ignored);
    fs::remove(socket.string() + ".lock", ignored);
    return {};
}

base::Result<void> PrivateCluster::Impl::launch() {
    std::error_code error;
    const auto log_from = fs::file_size(log_path, error);
    Spawn server{
        bin / "postgres",
        {"-D", data.string(), "-p", std::to_string(kPort)},
        log.get(),
        {},
        SIGINT};
    if (geteuid() == 0) {
        server.user = user;
    }
    auto settings = std::vector<std::pair<std::string, std::string>>{
        {"listen_addresses", ""},
        {"unix_socket_directories", sockets.string()},
        {"unix_socket_permissions", "0700"},
        {"log_destination", "stderr"},
        {"logging_collector", "off"},
        {"max_prepared_transactions", "8"},
    };
    if (!options.durable) {
        settings.insert(
            settings.end(),
            {{"fsync", "off"}, {"full_page_writes", "off"}, {"autovacuum_naptime", "10s"}}
        );
        server.signal_on_parent_death = SIGQUIT;  // nobody will look at it again
    }
    settings.insert(settings.end(), options.settings.begin(), options.settings.end());
    for (const auto& [name, value] : settings) {
        server.arguments.insert(server.arguments.end(), {"-c", name + "=" + value});
    }
    const auto child = spawn(server);
    if (!child) {
        return child.error();
    }
    postmaster = *child;
    return wait_until_it_answers(log_from);
}

base::Result<void> PrivateCluster::Impl::wait_until_it_answers(std::uintmax_t log_from) {
    const auto conninfo = conninfo_to("postgres");
    const char* reason = nullptr;
    const bool answered = wait_until(Clock::now() + options.start_timeout, [&] {
        if (!is_running()) {
            reason = "The private PostgreSQL server ended while it started.";
            return true;
        }
        return PQping(conninfo.c_str()) == PQPING_OK;
    });
    if (!answered) {
        reason = "The private PostgreSQL server does not accept connections in time.";
    }
    if (reason == nullptr) {
        return {};
    }
    return base::Error{
        base::ErrorCode::kUnavailable,
        reason,
        "Its log ends with: " + end_of(log_path, log_from),
        "The log is " + log_path.string() + ".",
        {}};
}

base::Result<void> PrivateCluster::Impl::make_database() const {
    auto connection = Connection::connect(conninfo_to("postgres"), "stockd");
    if (!connection) {
        return connection.error();
    }
    const auto found = connection->exec(
        "select 1 from pg_catalog.pg_database where datname = $1", {options.database}
    );
    if (!found) {
        return found.error();
    }
    if (found->size() == 0) {
        const auto made = connection->exec("create database \"" + options.database + "\"");
        if (!made) {
            return made.error();
        }
    }
    return {};
}

bool PrivateCluster::Impl::is_running() {
    if (postmaster == 0) {
        return false;
    }
    int status = 0;
    if (waitpid(postmaster, &status, WNOHANG) == postmaster) {
        postmaster = 0;
    }
    return postmaster != 0;
}

void PrivateCluster::Impl::stop() {
    if (!is_running()) {
        return;
    }
    const auto gone = [this] { return !is_running(); };
    kill(postmaster, options.durable ? SIGINT : SIGQUIT);
    if (!wait_until(Clock::now() + std::chrono::seconds(25), gone)) {
        kill(postmaster, SIGQUIT);
        if (!wait_until(Clock::now() + std::chrono::seconds(5), gone)) {
            kill(postmaster, SIGKILL);
            wait_until(Clock::now() + std::chrono::seconds(5), gone);
        }
    }
    wait_until(Clock::now() + std::chrono::seconds(5), [this] {
        return processes_in(data).empty();
    });
    if (!sockets.native().starts_with(directory.native())) {
        std::error_code ignored;
        fs::remove_all(sockets, ignored);
    }
}

base::Result<PrivateCluster> PrivateCluster::start(ClusterOptions options) {
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    using Step = base::Result<void> (Impl::*)();
    for (const Step step :
         {&Impl::choose_directory,
          &Impl::take_lock,
          &Impl::choose_binaries,
          &Impl::choose_sockets,
          &Impl::make_data,
          &Impl::leave_no_old_server,
          &Impl::launch}) {
        if (const auto done = (impl.get()->*step)(); !done) {
            impl->stop();
            return done.error();
        }
    }
    if (const auto made = impl->make_database(); !made) {
        impl->stop();
        return made.error();
    }
    return PrivateCluster{std::move(impl)};
}

PrivateCluster::PrivateCluster(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

PrivateCluster::PrivateCluster(PrivateCluster&& other) noexcept = default;

PrivateCluster& PrivateCluster::operator=(PrivateCluster&& other) noexcept {
    if (impl_) {
        impl_->stop();
    }
    impl_ = std::move(other.impl_);
    return *this;
}

PrivateCluster::~PrivateCluster() {
    if (impl_) {
        impl_->stop();
    }
}

std::string PrivateCluster::conninfo() const {
    return impl_->conninfo_to(impl_->options.database);
}

const fs::path& PrivateCluster::socket_directory() const noexcept {
    return impl_->sockets;
}

const fs::path& PrivateCluster::data_directory() const noexcept {
    return impl_->data;
}

const fs::path& PrivateCluster::bin_directory() const noexcept {
    return impl_->bin;
}

const std::string& PrivateCluster::database() const noexcept {
    return impl_->options.database;
}

const std::string& PrivateCluster::user() const noexcept {
    return kSuperuser;
}

int PrivateCluster::port() noexcept {
    return kPort;
}

const std::string& PrivateCluster::os_user() const noexcept {
    return impl_->os_user_name;
}

bool PrivateCluster::made_now() const noexcept {
    return impl_->is_new;
}

bool PrivateCluster::is_running() const {
    return impl_->is_running();
}

void PrivateCluster::stop() {
    impl_->stop();
}

base::Result<void> make_data_directory(const fs::path& data, bool durable) {
    const auto bin = find_postgres_binaries();
    if (!bin) {
        return bin.error();
    }
    const auto user = choose_user(data, {});
    if (!user) {
        return user.error();
    }
    if (const auto made = make_owned(data, *user); !made) {
        return made.error();
    }
    return run_initdb(*bin, data, *user, STDERR_FILENO, durable);
}

}  // namespace stockd::pg
