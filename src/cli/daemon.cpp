#include "cli/daemon.hpp"

#include "cli/command.hpp"
#include "cli/output.hpp"

#include <algorithm>
#include <iterator>

namespace stockd::cli {

namespace {

// Specified: stockd lets a read wait up to 30 s for its first load; and what a far away one may
// need beyond.
constexpr std::int64_t kAnswerMs = 35'000;
// Chosen: statistics wait for nothing, so one that is silent for longer is hung.
constexpr std::int64_t kStatisticsMs = 5000;
// Chosen: the target stays far below the length that servers and proxies accept.
constexpr std::size_t kIdsPerRequest = 50;
constexpr std::size_t kIdBytesPerRequest = 4000;

std::string wait_query(const Daemon::Wait& wait) {
    if (wait.ticket.empty()) {
        return {};
    }
    return "&ticket=" + percent_encode(wait.ticket) + "&wait_ms=" + std::to_string(wait.wait_ms);
}

}  // namespace

int daemon_exit_code(const base::Error& error) {
    return error.code == base::ErrorCode::kUnavailable ? kExitDaemonUnreachable
                                                       : base::exit_code(error.code);
}

base::Result<Daemon> Daemon::at(const std::string& server) {
    auto client = HttpClient::for_server(server);
    if (!client) {
        return client.error();
    }
    return Daemon{std::move(*client)};
}

base::Result<HttpAnswer> Daemon::ask(const std::string& target, std::int64_t limit_ms) {
    auto answer = client_.get(target, std::chrono::milliseconds(limit_ms));
    if (!answer && answer.error().code == base::ErrorCode::kTimeout) {
        // No answer at all: that is no wait that stockd ended.
        auto silent = answer.error();
        silent.code = base::ErrorCode::kUnavailable;
        return silent;
    }
    if (answer && answer->status != 200) {
        return problem_of(*answer, server());
    }
    return answer;
}

base::Result<Products> Daemon::products(
    const std::vector<std::string>& skus, const std::string& store, const Wait& wait
) {
    Products out;
    for (std::size_t from = 0; from < skus.size();) {
        std::string target = "/api/inventory?";
        std::size_t to = from;
        while (to < skus.size() && to - from < kIdsPerRequest &&
               (to == from || target.size() < kIdBytesPerRequest)) {
            target += (to == from ? "id=" : "&id=") + percent_encode(skus[to]);
            ++to;
        }
        target += store.empty() ? "" : "&store=" + percent_encode(store);
        const auto answer = ask(target + wait_query(wait), wait.wait_ms + kAnswerMs);
        if (!answer) {
            return answer.error();
        }
        auto part = products_of(*answer, server());
        if (!part) {
            return part.error();
        }
        std::move(part->known.begin(), part->known.end(), std::back_inserter(out.known));
        std::move(part->unknown.begin(), part->unknown.end(), std::back_inserter(out.unknown));
        out.position = std::move(part->position);
        from = to;
    }
    return out;
}

base::Result<Page> Daemon::page(const std::string& cursor, std::size_t limit, const Wait& wait) {
    const auto answer =
        ask("/api/inventory?limit=" + std::to_string(limit) +
                (cursor.empty() ? "" : "&cursor=" + percent_encode(cursor)) + wait_query(wait),
            wait.wait_ms + kAnswerMs);
    if (!answer) {
        return answer.error();
    }
    return page_of(*answer, server());
}

base::Result<Statistics> Daemon::statistics() {
    const auto answer = ask("/api/inventory/cache", kStatisticsMs);
    if (!answer) {
        return answer.error();
    }
    return statistics_of(*answer, server());
}

base::Result<AdminReport> ask_admin(const std::string& admin) {
    constexpr std::chrono::milliseconds kLimit{2000};
    AdminReport out;
    if (admin.empty()) {
        return out;
    }
    auto client = HttpClient::for_server(admin);
    if (!client) {
        return client.error();
    }
    if (const auto status = client->get("/status", kLimit)) {
        out.status = admin_status_of(*status);
    }
    if (const auto ready = client->get("/ready", kLimit)) {
        out.readiness = readiness_of(*ready);
    }
    return out;
}

std::optional<base::Error> follows_another(
    const AdminReport& report, const std::string& incarnation, const std::string& server
) {
    // One that is not connected may not know yet that the database has begun another life.
    const bool is_connected =
        report.status && (report.status->state == "live" || report.status->state == "loading");
    if (!is_connected || report.status->incarnation.empty() || incarnation.empty() ||
        report.status->incarnation == incarnation) {
        return std::nullopt;
    }
    return base::Error{
        base::ErrorCode::kForeignIncarnation,
        "the stockd at " + server + " follows another database than the one that was asked",
        "stockd follows incarnation " + printable(report.status->incarnation) +
            ", the database is incarnation " + printable(incarnation) + ".",
        "Name the stockd of this database with --server, or the database of this stockd with -d.",
        {}};
}

}  // namespace stockd::cli
