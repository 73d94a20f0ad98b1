#pragma once

#include <chrono>
#include <cstddef>

namespace stockd::web {

/// What bounds a request. May be changed while the server runs (Server::set_limits); in-flight
/// requests keep theirs.
struct Limits {
    /// Chosen: far above any sensible pool of keep-alive connections, far below what memory allows
    /// (about 10 KiB each when idle, 50 KiB after the largest headers).
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
    /// Answers that clients have not taken yet, all together; above it large answers are refused.
    /// Chosen: a small part of any server's memory, and 64 of the largest pages.
    std::size_t unsent_bytes_max = 256UL * 1024 * 1024;
    std::size_t ids_max = 1000;
    std::size_t page_default = 100;
    std::size_t page_max = 1000;
    /// A page ends early, after the product that reaches this. Chosen: 1000 products in 30 stores.
    std::size_t page_bytes_max = 4UL * 1024 * 1024;
    /// An answer by codes may not be larger: without some of them it would be misread.
    std::size_t products_bytes_max = 16UL * 1024 * 1024;
    std::chrono::milliseconds wait_default{1000};
    std::chrono::milliseconds wait_max{30'000};
    /// How long a read waits for a reload when nothing is held and wait_ms does not say.
    std::chrono::milliseconds load_wait{30'000};
    /// How long a POST refresh or clear waits for its outcome (the reload itself goes on).
    std::chrono::milliseconds action_timeout{600'000};
    /// How long a page of a view may take, the wait for a connection included.
    std::chrono::milliseconds view_timeout{10'000};
};

}  // namespace stockd::web
