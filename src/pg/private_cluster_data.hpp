#pragma once

#include "base/result.hpp"
#include "pg/private_cluster.hpp"
#include "pg/private_cluster_home.hpp"

#include <filesystem>

/// The data directory of a private cluster. Used by private_cluster.cpp only.
namespace stockd::pg {

/// Makes it by initdb or from the template when there is none. True when it did.
[[nodiscard]] base::Result<bool> make_data(
    const Home& home, const std::filesystem::path& bin, const ClusterOptions& options
);

}  // namespace stockd::pg
