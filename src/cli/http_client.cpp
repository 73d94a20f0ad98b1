#include "cli/http_client.hpp"

#include "cli/http_response.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace stockd::cli {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr unsigned kPortMax = 65535;

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/// It becomes a header of every request and stands in messages, so nothing may be in it that ends a
/// line or that a terminal obeys. Names outside of ASCII are not resolved anyway. Colons only in an
/// IPv6 address, which is in brackets.
bool is_host(std::string_view host, bool is_v6) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [is_v6](char c) {
        return c > ' ' && c < 0x7F &&
               std::string_view("/?#@[]\\\"<>").find(c) == std::string_view::npos &&
               (c != ':' || is_v6);
    });
}

}  // namespace

struct HttpClient::State {
    std::string host;
    std::string port;
    std::string server;
    net::io_context io;
    std::optional<beast::tcp_stream> stream;
    beast::flat_buffer buffer;

    /// Runs what was started until it has called back; its own time limit (expires_after) ends it
    /// at the latest.
    void run() {
        io.restart();
        io.run();
    }

    beast::error_code connect(std::chrono::milliseconds limit) {
        beast::error_code result = net::error::operation_aborted;
        net::ip::tcp::resolver resolver(io);
        beast::error_code resolve_error;
        const auto endpoints = resolver.resolve(host, port, resolve_error);
        if (resolve_error) {
            return resolve_error;
        }
        buffer.clear();
        stream.emplace(io);
        stream->expires_after(limit);
        stream->async_connect(endpoints, [&](beast::error_code error, const auto&) {
            result = error;
        });
        run();
        return result;
    }

    beast::error_code exchange(
        const http::request<http::empty_body>& request,
        ResponseParser& parser,
        std::chrono::milliseconds limit
    ) {
        beast::error_code result;
        stream->expires_after(limit);
        http::async_write(*stream, request, [&](beast::error_code error, std::size_t) {
            result = error;
        });
        run();
        if (result) {
            return result;
        }
        http::async_read(*stream, buffer, parser, [&](beast::error_code error, std::size_t) {
            result = error;
        });
        run();
        return result;
    }

    [[nodiscard]] base::Error describe_failure(
        const beast::error_code& error, std::chrono::milliseconds limit
    ) const {
        if (error == beast::error::timeout) {
            return {
                base::ErrorCode::kTimeout,
                "stockd at " + server + " did not answer within " + std::to_string(limit.count()) +
                    " ms",
                {},
                {},
                {}};
        }
        if (error.category() == http::make_error_code(http::error::bad_version).category() &&
            error != http::error::end_of_stream) {
            return {
                base::ErrorCode::kIo,
                "what answers at " + server + " is not stockd: " + error.message(),
                {},
                {},
                {}};
        }
        return {
            base::ErrorCode::kUnavailable,
            "stockd cannot be reached at " + server + ": " + error.message(),
            {},
            "Start it with: stockd --database-url ...; name another address with --server.",
            {}};
    }
};

std::string HttpAnswer::header(const std::string& lower_case_name) const {
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? std::string{} : found->second;
}

HttpClient::HttpClient(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

const std::string& HttpClient::server() const noexcept {
    return state_->server;
}

std::pair<std::string, std::string> HttpClient::host_and_port() const {
    return {state_->host, state_->port};
}

base::Result<HttpClient> HttpClient::for_server(std::string_view url) {
    const auto malformed = [&] {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            "\"" + std::string(url) + "\" is no address of stockd",
            {},
            "Write http://host:port; there is no https, put a proxy in front.",
            {}};
    };
    std::string_view rest = url;
    if (rest.starts_with("http://")) {
        rest.remove_prefix(std::string_view("http://").size());
    } else if (rest.find("://") != std::string_view::npos) {
        return malformed();
    }
    if (rest.ends_with('/')) {
        rest.remove_suffix(1);
    }
    auto state = std::make_unique<State>();
    state->server = rest;
    const auto bracket = rest.find(']');
    const auto colon = rest.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    state->host = rest.substr(0, has_port ? colon : rest.size());
    state->port = has_port ? std::string(rest.substr(colon + 1)) : "80";
    const bool is_v6 = state->host.starts_with('[') && state->host.ends_with(']');
    if (is_v6) {
        state->host = state->host.substr(1, state->host.size() - 2);
    }
    unsigned port = 0;
    const auto* end = state->port.data() + state->port.size();
    const auto [stopped, error] = std::from_chars(state->port.data(), end, port);
    const bool is_port = error == std::errc{} && stopped == end && port > 0 && port <= kPortMax;
    if (!is_port || !is_host(state->host, is_v6)) {
        return malformed();
    }
    return HttpClient{std::move(state)};
}

base::Result<HttpAnswer> HttpClient::get(
    const std::string& target, std::chrono::milliseconds limit
) {
    http::request<http::empty_body> request{http::verb::get, target, 11};
    request.set(http::field::host, state_->server);
    request.set(http::field::user_agent, "stockctl");
    request.set(http::field::accept, "application/json");
    // A kept connection may have been closed by the server meanwhile; a new one may not.
    for (const bool is_kept : {state_->stream.has_value(), false}) {
        if (!is_kept) {
            if (const auto error = state_->connect(limit); error) {
                state_->stream.reset();
                return state_->describe_failure(error, limit);
            }
        }
        ResponseParser parser;
        prepare(parser);
        const auto error = state_->exchange(request, parser, limit);
        if (error && is_kept && error != beast::error::timeout) {
            continue;
        }
        if (error) {
            state_->stream.reset();
            return state_->describe_failure(error, limit);
        }
        auto answer = take_answer(parser);
        if (!parser.keep_alive()) {
            state_->stream.reset();
        }
        return answer;
    }
    return base::Error{base::ErrorCode::kInternal, "no attempt was made", {}, {}, {}};
}

std::string admin_server_beside(std::string_view server) {
    const auto client = HttpClient::for_server(server);
    if (!client) {
        return {};
    }
    const auto [host, port] = client->host_and_port();
    const auto number = std::stoul(port) + 1;
    if (number > kPortMax) {
        return {};
    }
    const auto is_ipv6 = host.find(':') != std::string::npos;
    return "http://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(number);
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4U];
        out += kHex[byte & 0x0FU];
    }
    return out;
}

}  // namespace stockd::cli
