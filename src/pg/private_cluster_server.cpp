#include "pg/private_cluster_server.hpp"

#include "pg/private_cluster_process.hpp"

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>
#include <vector>

namespace stockd::pg {

namespace fs = std::filesystem;

std::string conninfo_to(const Home& home, const std::string& database) {
    return "host=" + home.sockets.string() + " port=" + std::to_string(kPrivatePort) +
           " user=" + kPrivateSuperuser + " dbname=" + database;
}

base::Result<void> PrivateServer::launch(
    const Home& home, const fs::path& bin, const ClusterOptions& options
) {
    std::error_code error;
    const auto log_from = fs::file_size(home.log_path, error);
    Spawn server{
        bin / "postgres",
        {"-D", home.data.string(), "-p", std::to_string(kPrivatePort)},
        home.log.get(),
        {},
        SIGINT};
    if (geteuid() == 0) {
        server.user = home.user;
    }
    auto settings = std::vector<std::pair<std::string, std::string>>{
        {"listen_addresses", ""},
        {"unix_socket_directories", home.sockets.string()},
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
    postmaster_ = *child;
    return wait_until_it_answers(home, options, log_from);
}

base::Result<void> PrivateServer::wait_until_it_answers(
    const Home& home, const ClusterOptions& options, std::uintmax_t log_from
) {
    const auto conninfo = conninfo_to(home, "postgres");
    const char* reason = nullptr;
    const bool answered = wait_until(std::chrono::steady_clock::now() + options.start_timeout, [&] {
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
        "Its log ends with: " + end_of_log(home, log_from),
        "The log is " + home.log_path.string() + ".",
        {}};
}

bool PrivateServer::is_running() {
    if (postmaster_ == 0) {
        return false;
    }
    int status = 0;
    if (waitpid(postmaster_, &status, WNOHANG) == postmaster_) {
        postmaster_ = 0;
    }
    return postmaster_ != 0;
}

void PrivateServer::stop(const Home& home, const ClusterOptions& options) {
    if (!is_running()) {
        return;
    }
    const auto gone = [this] { return !is_running(); };
    kill(postmaster_, options.durable ? SIGINT : SIGQUIT);
    if (!wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(25), gone)) {
        kill(postmaster_, SIGQUIT);
        if (!wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(5), gone)) {
            kill(postmaster_, SIGKILL);
            wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(5), gone);
        }
    }
    wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(5), [&home] {
        return processes_in(home.data).empty();
    });
    if (!home.sockets.native().starts_with(home.directory.native())) {
        std::error_code ignored;
        fs::remove_all(home.sockets, ignored);
    }
}

}  // namespace stockd::pg
