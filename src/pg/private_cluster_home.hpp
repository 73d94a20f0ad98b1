#pragma once

#include "base/result.hpp"
#include "pg/private_cluster_process.hpp"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

/// The directory of a private cluster and our claim to it. Used by the private cluster's own files
/// only.
namespace stockd::pg {

/// Part of the socket's name only; the socket's directory is ours alone.
inline constexpr int kPrivatePort = 5432;
inline const std::string kPrivateSuperuser = "postgres";

using Say = std::function<void(const std::string&)>;

inline void tell(const Say& say, const std::string& line) {
    if (say) {
        say(line);
    }
}

/// An open file, closed when the object goes.
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

/// Where everything of the cluster is. The lock is held as long as this lives.
struct Home {
    std::filesystem::path directory;
    std::filesystem::path data;
    std::filesystem::path sockets;
    std::filesystem::path log_path;
    OsUser user;
    /// Empty when the server runs as whoever runs this program.
    std::string os_user_name;
    File lock{-1};
    File log{-1};
};

/// Makes the directory when it is missing (elsewhere when the server's user cannot reach it), locks
/// it against other processes, and opens the server's log.
[[nodiscard]] base::Result<Home> open_home(const std::filesystem::path& wanted, const Say& say);

/// Where the server's socket is: in the directory when its path allows it.
[[nodiscard]] base::Result<void> choose_sockets(Home& home, const Say& say);

/// The last lines of the server's log, from the byte `from` on: what it said before it gave up.
[[nodiscard]] std::string end_of_log(const Home& home, std::uintmax_t from);

}  // namespace stockd::pg
