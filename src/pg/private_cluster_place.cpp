#include "pg/private_cluster_place.hpp"

#include "pg/private_cluster.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>

namespace stockd::pg {

namespace fs = std::filesystem;

namespace {

constexpr int kOldestMajor = 15;
/// Specified: sun_path holds 108 bytes with its ending zero (man 7 unix).
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;

/// What `postgres --version` says.
int major_of_binaries(const fs::path& bin) {
    std::array<char, 128> line{};
    const auto command = "'" + (bin / "postgres").string() + "' --version 2>/dev/null";
    FILE* pipe = popen(command.c_str(), "re");
    if (pipe == nullptr) {
        return 0;
    }
    const bool read = fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr;
    pclose(pipe);
    const std::string text = read ? line.data() : "";
    const auto digits = text.find(") ");  // "postgres (PostgreSQL) 15.20 (Debian ...)"
    return digits == std::string::npos ? 0 : leading_number(text.substr(digits + 2));
}

std::vector<fs::path> binary_candidates() {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        found.push_back(entry.path() / "bin");
    }
    for (const auto& entry : fs::directory_iterator("/usr", ignored)) {
        if (entry.path().filename().string().starts_with("pgsql-")) {
            found.push_back(entry.path() / "bin");
        }
    }
    found.emplace_back("/usr/local/pgsql/bin");
    std::array<char, 512> line{};
    if (FILE* pipe = popen("pg_config --bindir 2>/dev/null", "re"); pipe != nullptr) {
        if (fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) {
            std::string text = line.data();
            text.erase(text.find_last_not_of('\n') + 1);
            found.emplace_back(text);
        }
        pclose(pipe);
    }
    return found;
}

/// Neither libpq's host list nor PostgreSQL's directory list needs quoting then, nor does a shell.
bool is_plain(const std::string& path) {
    return std::all_of(path.begin(), path.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view{"/._+-"}.find(c) != std::string::npos;
    });
}

}  // namespace

base::Error io_error(const std::string& message, const std::string& hint) {
    return {base::ErrorCode::kIo, message, {}, hint, {}};
}

std::string text_of(const fs::path& file) {
    std::ifstream stream{file};
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

int leading_number(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

base::Result<OsUser> choose_user(
    const fs::path& data, const std::function<void(const std::string&)>& say
) {
    struct stat held {};

    const bool exists = stat(data.c_str(), &held) == 0;
    if (geteuid() != 0) {
        if (exists && held.st_uid != geteuid()) {
            const auto owner = find_user(held.st_uid);
            return base::Error{
                base::ErrorCode::kPermissionDenied,
                "The cluster in " + data.string() + " belongs to another user" +
                    (owner ? ", " + owner->name : std::string{}) + ".",
                {},
                "Run as root or as that user, or name another directory.",
                {}};
        }
        if (const auto self = find_user(geteuid())) {
            return *self;
        }
        return OsUser{std::to_string(geteuid()), geteuid(), getegid(), {}};
    }
    if (exists && held.st_uid != 0) {
        if (auto owner = find_user(held.st_uid)) {
            return *owner;
        }
    }
    if (auto user = find_user("postgres")) {
        return *user;
    }
    if (auto user = find_user("nobody")) {
        if (say) {
            say("There is no user postgres on this machine; the private cluster runs as user "
                "nobody.");
        }
        return *user;
    }
    return base::Error{
        base::ErrorCode::kInvalidArgument,
        "PostgreSQL refuses to run as root, and there is no user postgres.",
        {},
        "Create one (adduser --system postgres), or run as an ordinary user.",
        {}};
}

/// FNV-1a 64.
std::string hash_of(const std::string& text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    std::array<char, 16> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16);
    return {digits.data(), end};
}

bool can_hold_socket(const fs::path& directory, int port) {
    const auto path = directory.string() + "/.s.PGSQL." + std::to_string(port) + ".lock";
    return path.size() <= kSocketPathMax && is_plain(path);
}

base::Result<void> make_owned(const fs::path& directory, const OsUser& user) {
    if (mkdir(directory.c_str(), 0700) == 0) {
        if (geteuid() == 0 && lchown(directory.c_str(), user.uid, user.gid) != 0) {
            return io_error("cannot give " + directory.string() + " to user " + user.name);
        }
        return {};
    }

    struct stat held {};

    if (errno != EEXIST || lstat(directory.c_str(), &held) != 0 || !S_ISDIR(held.st_mode)) {
        return io_error("cannot make the directory " + directory.string());
    }
    if (held.st_uid != user.uid && geteuid() == 0 && held.st_uid == 0 &&
        lchown(directory.c_str(), user.uid, user.gid) == 0) {
        held.st_uid = user.uid;
    }
    if (held.st_uid != user.uid ||
        ((held.st_mode & 077U) != 0 && chmod(directory.c_str(), 0700) != 0)) {
        return io_error(
            directory.string() + " is not a directory that only user " + user.name + " may enter",
            "Remove it, or name another directory."
        );
    }
    return {};
}

base::Result<fs::path> find_postgres_binaries(int exactly) {
    fs::path best;
    int best_major = 0;
    for (const auto& bin : binary_candidates()) {
        if (access((bin / "initdb").c_str(), X_OK) != 0 ||
            access((bin / "postgres").c_str(), X_OK) != 0) {
            continue;
        }
        const int major = major_of_binaries(bin);
        if (major > best_major && (exactly == 0 ? major >= kOldestMajor : major == exactly)) {
            best = bin;
            best_major = major;
        }
    }
    if (best_major == 0) {
        const auto wanted =
            exactly == 0 ? std::to_string(kOldestMajor) + " or newer" : std::to_string(exactly);
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            "No PostgreSQL server " + wanted + " is installed on this machine.",
            "Looked for initdb and postgres in /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin, "
            "/usr/local/pgsql/bin and "
            "where pg_config points.",
            "On Debian: apt install postgresql",
            {}};
    }
    return best;
}

}  // namespace stockd::pg
