#pragma once

#include "base/result.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stockd::pg {

struct ClusterOptions {
    /// Holds data/, socket/, postgres.log and the lock of whoever uses it. Made when missing.
    std::filesystem::path directory;
    /// Made when missing.
    std::string database = "stockd";
    /// Safe against a crash of the machine. Off for throw-away clusters only.
    bool durable = true;
    /// Further settings of the server, by name.
    std::vector<std::pair<std::string, std::string>> settings;
    /// A data directory, made by initdb and never started, to copy instead of running initdb.
    /// Empty: initdb.
    std::filesystem::path template_data;
    std::chrono::seconds start_timeout{60};
    /// Gets one line for people per notable step; may be empty.
    std::function<void(const std::string&)> say;
};

/// A PostgreSQL cluster of our own in a directory: made when missing, started, stopped when the
/// object goes. It listens on no port; its Unix socket is in a directory that only the owner and
/// root may enter, and that is the authentication. Root's cluster runs as the owner of its data,
/// else as user postgres, because PostgreSQL refuses to run as root. One thread, which must live as
/// long as the object: the kernel stops the server when that thread is gone, so that a kill -9 of
/// this program leaves no server behind.
class PrivateCluster {
  public:
    /// Errors: kConflict when another process uses the directory, kUnavailable when the server does
    /// not come up (with the end of its log), kInvalidArgument when no PostgreSQL fits, kIo.
    [[nodiscard]] static base::Result<PrivateCluster> start(ClusterOptions options);

    PrivateCluster(PrivateCluster&& other) noexcept;
    PrivateCluster& operator=(PrivateCluster&& other) noexcept;
    PrivateCluster(const PrivateCluster&) = delete;
    PrivateCluster& operator=(const PrivateCluster&) = delete;
    /// Stops the server.
    ~PrivateCluster();

    /// For libpq; holds no secret.
    [[nodiscard]] std::string conninfo() const;
    [[nodiscard]] const std::filesystem::path& socket_directory() const noexcept;
    [[nodiscard]] const std::filesystem::path& data_directory() const noexcept;
    [[nodiscard]] const std::filesystem::path& bin_directory() const noexcept;
    [[nodiscard]] const std::string& database() const noexcept;
    /// Superuser of the cluster: "postgres".
    [[nodiscard]] const std::string& user() const noexcept;
    [[nodiscard]] static int port() noexcept;
    /// The operating system's user that the server runs as; empty when it is the one who runs this
    /// program.
    [[nodiscard]] const std::string& os_user() const noexcept;
    [[nodiscard]] bool made_now() const noexcept;
    [[nodiscard]] bool is_running() const;

    /// Sessions are ended, then the server writes its checkpoint and ends; at most half a minute,
    /// then it is killed.
    void stop();

  private:
    struct Impl;
    explicit PrivateCluster(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// The newest installed PostgreSQL of major version `exactly`, or 15 and up when that is 0. Where
/// it looks: pg_config, /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin, /usr/local/pgsql/bin.
[[nodiscard]] base::Result<std::filesystem::path> find_postgres_binaries(int exactly = 0);

/// initdb into a directory that must not exist; for a template. Owned by whom the server would run
/// as.
[[nodiscard]] base::Result<void> make_data_directory(
    const std::filesystem::path& data, bool durable
);

}  // namespace stockd::pg
