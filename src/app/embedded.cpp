#include "app/embedded.hpp"

#include "migrate/migrate.hpp"
#include "pg/connection.hpp"

#include <spdlog/fmt/fmt.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

namespace stockd::app {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kPollEvery{50};
constexpr const char* kImportedMarker = "sample-imported";

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

/// Runs a program with the terminal we have. Its exit code; when we are told to stop, so is it.
int run_program(
    const fs::path& program, std::vector<std::string> arguments, const Signals& signals
) {
    arguments.insert(arguments.begin(), program.string());
    std::vector<char*> texts;
    texts.reserve(arguments.size() + 1);
    for (auto& argument : arguments) {
        texts.push_back(argument.data());
    }
    texts.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execv(program.c_str(), texts.data());
        _exit(127);
    }
    int status = 0;
    bool told = false;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (!told && signals.told_to_stop()) {
            told = true;
            kill(child, SIGTERM);
        }
        usleep(static_cast<useconds_t>(std::chrono::microseconds(kPollEvery).count()));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
    if (!options.sample.empty()) {
        if (auto done = made.import_sample(options.sample, signals); !done) {
            return done.error();
        }
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
    const auto marker = cluster_.data_directory().parent_path() / kImportedMarker;
    if (fs::exists(marker)) {
        return {};
    }
    say("Importing the sample of " + directory + " ...");
    const auto stockctl = fs::read_symlink("/proc/self/exe").parent_path() / "stockctl";
    setenv("STOCKD_DATABASE_URL", people_url().c_str(), 1);
    const int code = run_program(stockctl, {"import", "sample", directory}, signals);
    unsetenv("STOCKD_DATABASE_URL");
    if (signals.told_to_stop()) {
        return told_to_stop();
    }
    if (code != 0) {
        return base::Error{
            base::ErrorCode::kInternal,
            fmt::format("stockctl import failed with exit code {}", code),
            {},
            "What it said is above. Imports can be repeated: start again once it is mended.",
            {}};
    }
    std::ofstream{marker} << directory << "\n";
    return {};
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
