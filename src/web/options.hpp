#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace stockd::web {

/// What bounds a request. May be changed while the server runs (Server::set_limits); in-flight
/// requests keep theirs.
struct Limits {
    /// Chosen: far above any sensible pool of keep-alive connections, far below what memory allows
    /// (about 10 KiB each).
    std::size_t connections_max = 10'000;
    /// Chosen: 1000 codes of up to about 25 characters fit into a query.
    std::size_t header_bytes_max = 32 * 1024;
    /// Chosen: the only body is {"action": "refresh"}.
    std::size_t body_bytes_max = 16 * 1024;
    /// From the first byte of a request to its last, and from the connect to the first request.
    std::chrono::milliseconds request_timeout{10'000};
    /// Between two requests of one connection.
    std::chrono::milliseconds idle_timeout{60'000};
    /// How long a client may take nothing of an answer.
    std::chrono::milliseconds write_timeout{10'000};
    /// Requests that wait for a ticket, a version, a reload, all together; more are refused.
    std::size_t waiting_max = 10'000;
    std::size_t ids_max = 1000;
    std::size_t page_default = 100;
    std::size_t page_max = 1000;
    std::chrono::milliseconds wait_default{1000};
    std::chrono::milliseconds wait_max{30'000};
    /// How long a read waits for a reload when nothing is held and wait_ms does not say.
    std::chrono::milliseconds load_wait{30'000};
    /// How long a POST refresh or clear waits for its outcome (the reload itself goes on).
    std::chrono::milliseconds action_timeout{600'000};
};

struct WebOptions {
    std::string listen = "127.0.0.1:8080";
    std::string admin_listen = "127.0.0.1:8081";
    /// Threads of the public server; 0: one per core.
    unsigned threads = 0;
    /// How long stop() lets requests in flight finish.
    std::chrono::milliseconds stop_grace{5000};
    Limits limits;
};

}  // namespace stockd::web
