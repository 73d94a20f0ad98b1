#include "app/embedded.hpp"

#include "app/run_program.hpp"
#include "migrate/migrate.hpp"
#include "pg/connection.hpp"

#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

namespace stockd::app {

namespace fs = std::filesystem;

namespace {

/// Beside the data: the sample was imported whole, or the cluster was put to use without one.
constexpr const char* kImportedMarker = "sample-imported";
constexpr const char* kOwnDataMarker = "used-without-sample";

constexpr const char* kDaemonLogin = R"(
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'stockd') then
        create role stockd login;
    end if;
end
$$;
grant inventory_daemon to stockd)";

void say(const std::string& line) {
    std::cout << line << std::endl;
}

base::Error told_to_stop() {
    return {base::ErrorCode::kUnavailable, "told to stop", {}, {}, {}};
}

}  // namespace

base::Result<EmbeddedDatabase> EmbeddedDatabase::start(
    const config::Options& options, const Signals& signals
) {
    auto cluster = pg::PrivateCluster::start({
        .directory = options.embedded,
        .database = "stockd",
        .durable = true,
        .settings = {},
        .template_data = {},
        .say = say,
    });
    if (!cluster) {
        return cluster.error();
    }
    EmbeddedDatabase made{std::move(*cluster)};
    if (auto done = made.migrate(); !done) {
        return done.error();
    }
    if (auto done = made.import_sample(options.sample, signals); !done) {
        return done.error();
    }
    if (signals.told_to_stop()) {
        return told_to_stop();
    }
    return made;
}

base::Result<void> EmbeddedDatabase::migrate() const {
    auto connection = pg::Connection::connect(people_url(), "stockd migrate");
    if (!connection) {
        return connection.error();
    }
    const auto report = migrate::run(*connection, {});
    if (!report) {
        return report.error();
    }
    if (!report->applied.empty()) {
        say(fmt::format("Schema inventory: applied {} files.", report->applied.size()));
    }
    if (const auto done = connection->exec_script(kDaemonLogin); !done) {
        return done.error();
    }
    return {};
}

base::Result<void> EmbeddedDatabase::import_sample(
    const std::string& directory, const Signals& signals
) const {
    const auto home = cluster_.data_directory().parent_path();
    const auto imported = home / kImportedMarker;
    const auto own_data = home / kOwnDataMarker;
    if (fs::exists(imported)) {
        return {};
    }
    if (directory.empty()) {
        std::ofstream{own_data} << "No sample goes into a cluster that was in use before.\n";
        return {};
    }
    if (fs::exists(own_data)) {
        say(fmt::format(
            "The cluster in {} was in use before the sample was named: it is not imported.",
            home.string()
        ));
        return {};
    }
    say("Importing the sample of " + directory + " ...");
    const auto code = run_program(
        stockctl(),
        {"import", "sample", fs::absolute(directory).string(), "-d", people_url()},
        [&signals] { return signals.told_to_stop(); }
    );
    if (signals.told_to_stop()) {
        return told_to_stop();
    }
    if (!code) {
        return code.error();
    }
    if (*code != 0) {
        return base::Error{
            base::ErrorCode::kInternal,
            fmt::format("stockctl import failed with exit code {}", *code),
            {},
            "What it said is above. Imports can be repeated: start again once it is mended.",
            {}};
    }
    std::ofstream{imported} << directory << "\n";
    return {};
}

fs::path EmbeddedDatabase::stockctl() {
    return fs::read_symlink("/proc/self/exe").parent_path() / "stockctl";
}

std::string EmbeddedDatabase::url_for(const std::string& user) const {
    return fmt::format(
        "postgresql:///{}?host={}&port={}&user={}",
        cluster_.database(),
        cluster_.socket_directory().string(),
        pg::PrivateCluster::port(),
        user
    );
}

std::string EmbeddedDatabase::daemon_url() const {
    return url_for("stockd");
}

std::string EmbeddedDatabase::people_url() const {
    return url_for(cluster_.user());
}

}  // namespace stockd::app
