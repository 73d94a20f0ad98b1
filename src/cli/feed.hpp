#pragma once

#include "pg/connection.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stockd::cli {

/// One row of inventory.feed_after().
struct FeedRow {
    bool is_movement = false;
    std::string type;  ///< movement kind or event type
    std::string store;
    std::string sku;
    std::int64_t on_hand_delta = 0;
    std::int64_t reserved_delta = 0;
    std::int64_t on_hand_after = 0;
    std::int64_t reserved_after = 0;
    std::int64_t version = 0;
    std::string changes;  ///< JSON array, events only
    std::string reason;
    std::string reference;
    std::string actor;
    std::string recorded_at;  ///< ISO 8601, UTC
    std::string ticket;
};

/// Follows the change feed with a position of its own, woken by NOTIFY inventory_changes; does not
/// poll. Reconnects and goes on from its position, so that nothing is lost or shown twice. One
/// thread; ends on an interrupt (interrupt.hpp).
class FeedFollower {
  public:
    /// What the owner wants to hear. Called on the thread that runs follow().
    struct Events {
        /// Connected for the first time: may the database be followed? Its error ends follow().
        std::function<base::Result<void>(pg::Connection& connection)> check;
        /// Connected and listening: `connection` is free for reading what there is now. Called
        /// before the first rows and after a new life of the database.
        std::function<base::Result<void>(pg::Connection& connection)> start;
        /// Whole transactions, in order. Not empty.
        std::function<void(const std::vector<FeedRow>& rows)> rows;
        /// A sentence for people: lost, connected again, started anew.
        std::function<void(const std::string& sentence)> talk;
    };

    FeedFollower(std::string conninfo, Events events)
        : conninfo_(std::move(conninfo)),
          events_(std::move(events)) {}

    /// Returns when interrupted (a value), or when it cannot go on: the first connect failed, the
    /// schema is not there, the privilege is missing. A connection that is lost later is not such
    /// an error.
    [[nodiscard]] base::Result<void> follow();

  private:
    [[nodiscard]] base::Result<void> listen();
    [[nodiscard]] base::Result<void> start_anew(const std::string& why);
    [[nodiscard]] base::Result<void> drain();
    [[nodiscard]] base::Result<void> wait_for_ring();
    [[nodiscard]] base::Result<void> run_connected();
    [[nodiscard]] bool pause();

    std::string conninfo_;
    Events events_;
    std::optional<pg::Connection> connection_;
    std::string position_;  ///< empty before the first start
    std::chrono::milliseconds delay_{0};
};

}  // namespace stockd::cli
