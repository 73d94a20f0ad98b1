#pragma once

#include "base/result.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace stockd::cli {

struct HttpAnswer {
    unsigned status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    /// Empty when the answer has no such header.
    [[nodiscard]] std::string header(const std::string& lower_case_name) const;
};

/// A blocking HTTP/1.1 client for one server, with time limits; keeps its connection and opens it
/// again when it was closed. One thread. Beast is known only to
/// http_client.cpp and http_response.
class HttpClient {
  public:
    /// "http://host[:port]" or "host:port"; kInvalidArgument for anything else.
    [[nodiscard]] static base::Result<HttpClient> for_server(std::string_view url);

    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    ~HttpClient();

    /// GET of path and query, already percent-encoded. Any status is an answer. Errors:
    /// kUnavailable (nobody there, cut off), kTimeout, kIo (what came is no HTTP, or longer than 64
    /// MiB).
    [[nodiscard]] base::Result<HttpAnswer> get(
        const std::string& target, std::chrono::milliseconds limit
    );

    /// "host:port", for messages.
    [[nodiscard]] const std::string& server() const noexcept;

    /// The host without brackets, and the port.
    [[nodiscard]] std::pair<std::string, std::string> host_and_port() const;

  private:
    struct State;

    explicit HttpClient(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

/// Where stockd's admin port is when nobody says: the same host, the port after that of `server`
/// (8080 and 8081 are its defaults). Empty when `server` is no address, or has no port after it.
[[nodiscard]] std::string admin_server_beside(std::string_view server);

/// A path segment or query value: everything but unreserved characters as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace stockd::cli
