#include "pg/private_cluster_home.hpp"

#include "pg/private_cluster_place.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace stockd::pg {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLogKeptBytes = 10U << 20U;

/// A directory of somebody else is not for us to fill and to give away: it must be empty, hold a
/// cluster of ours, or nothing but what a start that was cut short leaves.
base::Result<void> check_ours(const fs::path& directory) {
    constexpr std::array<std::string_view, 7> kOurs{
        "data", "data.new", "lock", "postgres.log", "socket", "sample-imported", "lost+found"};
    std::error_code error;
    if (fs::exists(directory / "data" / "PG_VERSION", error) &&
        fs::exists(directory / "lock", error)) {
        return {};
    }
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        const auto name = entry.path().filename().string();
        if (std::find(kOurs.begin(), kOurs.end(), name) == kOurs.end()) {
            return base::Error{
                base::ErrorCode::kInvalidArgument,
                directory.string() + " is in use for something else: there is " + name + " in it",
                {},
                "Name an empty directory, or one that does not exist yet.",
                {}};
        }
    }
    return {};
}

base::Result<void> choose_directory(Home& home, const fs::path& wanted, const Say& say) {
    std::error_code error;
    home.directory = fs::absolute(wanted, error).lexically_normal();
    if (home.directory.filename().empty()) {
        home.directory = home.directory.parent_path();
    }
    fs::create_directories(home.directory, error);
    if (error) {
        return io_error(
            "cannot make the directory " + home.directory.string() + ": " + error.message()
        );
    }
    home.directory = fs::canonical(home.directory, error);
    if (const auto ours = check_ours(home.directory); !ours) {
        return ours.error();
    }
    const auto chosen = choose_user(home.directory / "data", say);
    if (!chosen) {
        return chosen.error();
    }
    home.user = *chosen;
    if (geteuid() == 0) {
        home.os_user_name = home.user.name;
        if (!can_traverse(home.user, home.directory)) {
            const fs::path elsewhere =
                fs::path{"/var/lib/stockd"} / hash_of(home.directory.string());
            tell(
                say,
                "User " + home.user.name + " cannot reach " + home.directory.string() +
                    "; the database lives in " + elsewhere.string() + "."
            );
            fs::create_directories(elsewhere, error);
            if (error || chmod("/var/lib/stockd", 0755) != 0 ||
                chmod(elsewhere.c_str(), 0755) != 0) {
                return io_error("cannot make the directory " + elsewhere.string());
            }
            home.directory = elsewhere;
        }
    }
    home.data = home.directory / "data";
    home.log_path = home.directory / "postgres.log";
    return {};
}

base::Result<void> take_lock(Home& home) {
    const auto path = home.directory / "lock";
    home.lock = File{open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (home.lock.get() < 0) {
        return io_error(
            "cannot write in " + home.directory.string(), "Name a directory of your own."
        );
    }
    if (flock(home.lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::Error{
            base::ErrorCode::kConflict,
            "The cluster in " + home.directory.string() + " is in use by another process.",
            "It is process " + text_of(path) + ".",
            "Stop that one first, or name another directory.",
            {}};
    }
    const auto self = std::to_string(getpid());
    if (ftruncate(home.lock.get(), 0) != 0 ||
        pwrite(home.lock.get(), self.data(), self.size(), 0) < 0) {
        return io_error("cannot write " + path.string());
    }
    std::error_code error;
    const auto size = fs::file_size(home.log_path, error);
    const int truncate = !error && size > kLogKeptBytes ? O_TRUNC : 0;
    home.log = File{
        open(home.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | truncate, 0600)};
    if (home.log.get() < 0) {
        return io_error("cannot write " + home.log_path.string());
    }
    return {};
}

}  // namespace

base::Result<Home> open_home(const fs::path& wanted, const Say& say) {
    Home home;
    if (const auto done = choose_directory(home, wanted, say); !done) {
        return done.error();
    }
    if (const auto done = take_lock(home); !done) {
        return done.error();
    }
    return home;
}

base::Result<void> choose_sockets(Home& home, const Say& say) {
    home.sockets = home.directory / "socket";
    if (!can_hold_socket(home.sockets, kPrivatePort)) {
        home.sockets =
            "/tmp/stockd-" + std::to_string(home.user.uid) + "-" + hash_of(home.directory.string());
        tell(
            say,
            "The path of " + home.directory.string() +
                " is too long or too odd for a socket; it is in " + home.sockets.string() + "."
        );
    }
    return make_owned(home.sockets, home.user);
}

std::string end_of_log(const Home& home, std::uintmax_t from) {
    constexpr std::size_t kMost = 2000;
    auto text = text_of(home.log_path);
    text.erase(0, std::min<std::size_t>(text.size(), from));
    if (text.size() > kMost) {
        text.erase(0, text.size() - kMost);
    }
    return text;
}

}  // namespace stockd::pg
