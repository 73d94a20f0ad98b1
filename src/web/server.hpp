#pragma once

#include "base/result.hpp"
#include "web/exchange.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::web {

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 0 lets the system choose.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
};

[[nodiscard]] base::Result<ListenAddress> parse_listen_address(std::string_view text);

struct ServerOptions {
    std::string listen;
    /// 0: one per core.
    unsigned threads = 1;
    /// Of the threads, for people who look at them: "web", then "web-0", "web-1", ... At most 12
    /// characters.
    std::string thread_name = "web";
    std::chrono::milliseconds stop_grace{5000};
    /// Names that it answers to when it listens on a loopback address, beside those of HostRule.
    std::vector<std::string> allowed_hosts{"*"};
    Limits limits;
};

/// An HTTP/1.1 server for one service on one address, with threads of its own. Owned by the
/// composition root; all methods may be called from any thread, stop() from one at a time.
class Server {
  public:
    /// Listens from now on; connections are served after start(). The service must outlive the
    /// server. Errors: kInvalidArgument (no such address), kIo (taken, not allowed).
    [[nodiscard]] static base::Result<std::unique_ptr<Server>> listen(
        ServerOptions options, Service& service, observe::Observer observer
    );

    /// Stops. A server that cannot stop may end the process.
    ~Server();  // NOLINT(bugprone-exception-escape)
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    Server(Server&&) = delete;
    Server& operator=(Server&&) = delete;

    void start();
    /// Takes no more connections, lets what is in flight finish until the deadline, ends the
    /// threads. Returns when that is done.
    void stop(base::SteadyTime deadline);
    /// With the grace of the options from now on.
    void stop();
    void set_limits(const Limits& limits);

    /// Where it listens really: the port that the system chose.
    [[nodiscard]] std::string address() const;
    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] std::int64_t connections() const noexcept;
    /// Of answers that are being sent and are still held for it.
    [[nodiscard]] std::int64_t unsent_bytes() const noexcept;

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace stockd::web
