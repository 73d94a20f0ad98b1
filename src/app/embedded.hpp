#pragma once

#include "app/signals.hpp"
#include "base/result.hpp"
#include "config/options.hpp"
#include "pg/private_cluster.hpp"

#include <filesystem>
#include <string>

namespace stockd::app {

/// The database of `stockd --embedded DIR`: a private cluster, migrated, with the sample in it when
/// one was named before the cluster was put to use. Owned by the composition root; its thread must
/// live as long as it does.
class EmbeddedDatabase {
  public:
    /// Talks on stdout about what takes time. Errors: those of the cluster and of migrate;
    /// kUnavailable "told to stop" when a signal came meanwhile.
    [[nodiscard]] static base::Result<EmbeddedDatabase> start(
        const config::Options& options, const Signals& signals
    );

    /// What stockd follows: a login that may only what a daemon needs.
    [[nodiscard]] std::string daemon_url() const;
    /// The program that imports the sample, and that people may try: the one beside this program.
    [[nodiscard]] static std::filesystem::path stockctl();
    /// For people who want to try things out: may everything.
    [[nodiscard]] std::string people_url() const;

    [[nodiscard]] bool is_running() const { return cluster_.is_running(); }

  private:
    explicit EmbeddedDatabase(pg::PrivateCluster cluster)
        : cluster_(std::move(cluster)) {}

    [[nodiscard]] std::string url_for(const std::string& user) const;
    [[nodiscard]] base::Result<void> migrate() const;
    [[nodiscard]] base::Result<void> import_sample(
        const std::string& directory, const Signals& signals
    ) const;

    pg::PrivateCluster cluster_;
};

}  // namespace stockd::app
