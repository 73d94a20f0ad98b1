#pragma once

#include "base/result.hpp"
#include "pg/private_cluster.hpp"
#include "pg/private_cluster_home.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

/// The server of a private cluster, and what an earlier one left. Used by private_cluster.cpp only.
namespace stockd::pg {

/// For libpq; the superuser.
[[nodiscard]] std::string conninfo_to(const Home& home, const std::string& database);

/// After a kill -9 of everything, the server may be running (adopt it), on its way out (wait), or
/// dead with its files and perhaps some children left (clean up).
[[nodiscard]] base::Result<void> leave_no_old_server(
    const Home& home, const ClusterOptions& options
);

/// The server's process.
class PrivateServer {
  public:
    /// Starts it and waits until it answers.
    [[nodiscard]] base::Result<void> launch(
        const Home& home, const std::filesystem::path& bin, const ClusterOptions& options
    );
    [[nodiscard]] bool is_running();
    void stop(const Home& home, const ClusterOptions& options);

  private:
    [[nodiscard]] base::Result<void> wait_until_it_answers(
        const Home& home, const ClusterOptions& options, std::uintmax_t log_from
    );

    pid_t postmaster_ = 0;
};

}  // namespace stockd::pg
