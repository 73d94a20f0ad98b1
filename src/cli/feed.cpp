#include "cli/feed.hpp"

#include "cli/interrupt.hpp"

#include <algorithm>

namespace stockd::cli {

namespace {

// Chosen: a page of the feed that is read in some milliseconds.
constexpr const char* kPageRows = "1000";
constexpr std::chrono::milliseconds kDelayFirst{200};
constexpr std::chrono::milliseconds kDelayMax{5000};
// A server that vanished without a word is noticed within a minute. What the user's own connection
// string says comes later and wins.
constexpr const char* kLiveness =
    "connect_timeout=10 keepalives_idle=20 keepalives_interval=10 keepalives_count=3 ";

constexpr const char* kFeed = R"(
select
    feed_position, source = 'movement', type, store, sku, on_hand_delta, reserved_delta, on_hand_after, reserved_after,
    version, changes, reason, reference, actor,
    to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), ticket
from inventory.feed_after($1, $2::integer)
)";

FeedRow row_of(const pg::Rows& rows, int row) {
    const auto text = [&](int column) { return std::string(rows.text(row, column)); };
    const auto number = [&](int column) {
        return rows.is_null(row, column) ? 0 : rows.integer(row, column);
    };
    return {
        rows.boolean(row, 1),
        text(2),
        text(3),
        text(4),
        number(5),
        number(6),
        number(7),
        number(8),
        number(9),
        text(10),
        text(11),
        text(12),
        text(13),
        text(14),
        text(15),
    };
}

/// The position cannot be continued, but a new start can be made.
bool is_lost_position(const base::Error& error) {
    return error.code == base::ErrorCode::kForeignIncarnation ||
           error.code == base::ErrorCode::kPositionTooOld;
}

}  // namespace

base::Result<void> FeedFollower::follow() {
    while (!is_interrupted()) {
        const bool is_first = position_.empty();
        auto connection = pg::Connection::connect(kLiveness + conninfo_, "stockctl watch");
        if (!connection && is_first) {
            return connection.error();
        }
        if (connection) {
            connection_.emplace(std::move(*connection));
            auto ended = run_connected();
            const bool is_lost = !connection_->is_alive();
            connection_.reset();
            if (is_interrupted()) {
                break;
            }
            if (!is_lost || position_.empty()) {
                return ended;
            }
            events_.talk("Connection lost: " + ended.error().message + "; connecting again.");
        }
        if (!pause()) {
            break;
        }
    }
    return {};
}

/// Until the connection is lost or something cannot be done.
base::Result<void> FeedFollower::run_connected() {
    if (auto done = listen(); !done) {
        return done;
    }
    if (position_.empty()) {
        if (auto checked = events_.check(*connection_); !checked) {
            return checked;
        }
        if (auto done = start_anew({}); !done) {
            return done;
        }
    } else {
        events_.talk("Connected again.");
    }
    while (!is_interrupted()) {
        auto drained = drain();
        if (!drained && is_lost_position(drained.error())) {
            drained = start_anew("Starting anew: " + drained.error().message + ".");
        }
        if (!drained) {
            return drained;
        }
        delay_ = std::chrono::milliseconds{0};
        if (auto rung = wait_for_ring(); !rung) {
            return rung;
        }
    }
    return {};
}

/// Committed before the position is taken: what comes after it rings.
base::Result<void> FeedFollower::listen() {
    if (auto done = connection_->exec("listen inventory_changes"); !done) {
        return done.error();
    }
    return {};
}

/// Says so only when it has its position: whoever reads it may rely on seeing what comes next.
base::Result<void> FeedFollower::start_anew(const std::string& why) {
    auto rows = connection_->exec("select inventory.position()");
    if (!rows) {
        return rows.error();
    }
    position_ = rows->text(0, 0);
    if (!why.empty()) {
        events_.talk(why);
    }
    return events_.start(*connection_);
}

base::Result<void> FeedFollower::drain() {
    while (!is_interrupted()) {
        const auto rows = connection_->exec(kFeed, {position_, kPageRows});
        if (!rows) {
            return rows.error();
        }
        if (rows->size() == 0) {
            return {};
        }
        std::vector<FeedRow> page;
        page.reserve(static_cast<std::size_t>(rows->size()));
        for (int row = 0; row < rows->size(); ++row) {
            page.push_back(row_of(*rows, row));
        }
        position_ = rows->text(0, 0);
        events_.rows(page);
    }
    return {};
}

base::Result<void> FeedFollower::wait_for_ring() {
    auto* connection = connection_->get();
    while (!is_interrupted()) {
        // Looked at before the wait: a notification may have come with the last answer, and then
        // the socket stays silent.
        bool is_rung = false;
        while (PGnotify* notification = PQnotifies(connection)) {
            PQfreemem(notification);
            is_rung = true;
        }
        if (is_rung) {
            return {};
        }
        if (wait_readable(PQsocket(connection), std::chrono::milliseconds{-1}) ==
            Woken::kInterrupted) {
            return {};
        }
        if (PQconsumeInput(connection) == 0) {
            return pg::error_of(connection);
        }
    }
    return {};
}

/// False when interrupted.
bool FeedFollower::pause() {
    delay_ = std::clamp(delay_ * 2, kDelayFirst, kDelayMax);
    return wait_readable(-1, delay_) != Woken::kInterrupted;
}

}  // namespace stockd::cli
