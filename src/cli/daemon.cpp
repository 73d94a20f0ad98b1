#include "cli/daemon.hpp"

#include "cli/command.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>

namespace stockd::cli {

namespace json = boost::json;

namespace {

// Specified: stockd lets a read wait up to 30 s for its first load; and what a far away one may
// need beyond.
constexpr std::int64_t kAnswerMs = 35'000;
// Chosen: the target stays far below the length that servers and proxies accept.
constexpr std::size_t kIdsPerRequest = 50;
constexpr std::size_t kIdBytesPerRequest = 4000;

base::Error not_stockd(const std::string& server) {
    return {
        base::ErrorCode::kIo,
        "what answers at " + server + " is not stockd",
        {},
        "Name stockd's address with --server.",
        {}};
}

base::ErrorCode code_of_status(unsigned status) {
    switch (status) {
        case 400:
            return base::ErrorCode::kInvalidArgument;
        case 404:
            return base::ErrorCode::kNotFound;
        case 503:
            return base::ErrorCode::kUnavailable;
        case 504:
            return base::ErrorCode::kTimeout;
        default:
            return base::ErrorCode::kInternal;
    }
}

std::string text_field(const json::object& object, std::string_view name) {
    const auto* field = object.if_contains(name);
    const auto* text = field == nullptr ? nullptr : field->if_string();
    return text == nullptr ? std::string{} : std::string(*text);
}

std::string wait_query(const Daemon::Wait& wait) {
    if (wait.ticket.empty()) {
        return {};
    }
    return "&ticket=" + percent_encode(wait.ticket) + "&wait_ms=" + std::to_string(wait.wait_ms);
}

/// The body of a success as an object.
base::Result<json::object> parse_body(const HttpAnswer& answer, const std::string& server) {
    json::error_code error;
    auto body = json::parse(answer.body, error);
    if (error || !body.is_object()) {
        return not_stockd(server);
    }
    return std::move(body.as_object());
}

}  // namespace

base::Error problem_of(const HttpAnswer& answer, const std::string& server) {
    json::error_code ignored;
    const auto body = json::parse(answer.body, ignored);
    const auto* object = ignored ? nullptr : body.if_object();
    const auto message = object == nullptr ? std::string{} : text_field(*object, "error");
    if (message.empty()) {
        auto error = not_stockd(server);
        error.detail = "It answered " + std::to_string(answer.status) + ".";
        return error;
    }
    return {
        code_of_status(answer.status),
        message,
        text_field(*object, "detail"),
        text_field(*object, "hint"),
        {}};
}

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

base::Result<HttpAnswer> Daemon::ask(const std::string& target, std::int64_t wait_ms) {
    auto answer = client_.get(target, std::chrono::milliseconds(wait_ms + kAnswerMs));
    if (answer && answer->status != 200) {
        return problem_of(*answer, server());
    }
    return answer;
}

base::Result<Daemon::Products> Daemon::products(
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
        const auto answer = ask(target + wait_query(wait), wait.wait_ms);
        if (!answer) {
            return answer.error();
        }
        const auto body = parse_body(*answer, server());
        const auto* products = body ? body->if_contains("products") : nullptr;
        const auto* unknown = body ? body->if_contains("unknown") : nullptr;
        if (products == nullptr || !products->is_object() || unknown == nullptr ||
            !unknown->is_array()) {
            return not_stockd(server());
        }
        for (const auto& [sku, value] : products->get_object()) {
            auto product = parse_product(value);
            if (!product) {
                return product.error();
            }
            out.known.push_back(std::move(*product));
        }
        for (const auto& sku : unknown->get_array()) {
            out.unknown.emplace_back(
                sku.is_string() ? std::string_view(sku.get_string()) : std::string_view{}
            );
        }
        out.position = answer->header("stockd-position");
        from = to;
    }
    return out;
}

base::Result<Daemon::Page> Daemon::page(
    const std::string& cursor, std::size_t limit, const Wait& wait
) {
    const auto answer =
        ask("/api/inventory?limit=" + std::to_string(limit) +
                (cursor.empty() ? "" : "&cursor=" + percent_encode(cursor)) + wait_query(wait),
            wait.wait_ms);
    if (!answer) {
        return answer.error();
    }
    const auto body = parse_body(*answer, server());
    const auto* products = body ? body->if_contains("products") : nullptr;
    if (products == nullptr || !products->is_array()) {
        return not_stockd(server());
    }
    Page page;
    page.position = answer->header("stockd-position");
    for (const auto& value : products->get_array()) {
        auto product = parse_product(value);
        if (!product) {
            return product.error();
        }
        page.products.push_back(std::move(*product));
    }
    if (auto next = text_field(*body, "nextCursor"); !next.empty()) {
        page.next_cursor = std::move(next);
    }
    return page;
}

base::Result<Daemon::Statistics> Daemon::statistics() {
    const auto answer = ask("/api/inventory/cache", 0);
    if (!answer) {
        return answer.error();
    }
    const auto body = parse_body(*answer, server());
    const auto* stats = body ? body->if_contains("stats") : nullptr;
    if (stats == nullptr || !stats->is_object()) {
        return not_stockd(server());
    }
    Statistics out;
    out.body = *stats;
    out.position = answer->header("stockd-position");
    out.is_stale = answer->header("stockd-stale") == "true";
    const auto age = answer->header("stockd-age-ms");
    std::from_chars(age.data(), age.data() + age.size(), out.age_ms);
    return out;
}

}  // namespace stockd::cli
