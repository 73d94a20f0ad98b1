#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "change/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stockd::web {

/// How old an answer from memory may be.
struct Freshness {
    /// The database is away, or nothing is loaded: what is held may be out of date without limit.
    bool stale = true;
    /// Since the database was last known to hold nothing newer than what is published; never
    /// negative. None while nothing is held.
    std::optional<std::int64_t> age_ms;
};

/// Whether this daemon should get traffic, and if not why: short fixed names ("loading",
/// "database_away", "no_answer", "canary_late", "canary_pending", "schema", "stopping"), no free
/// text.
struct ReadyReport {
    bool ready = false;
    std::vector<std::string> reasons;
};

/// What one full reload did.
struct RefreshReport {
    std::int64_t products = 0;
    std::chrono::milliseconds duration{0};
};

/// What people and stockctl ask about the follower. Values of one moment, not of one published
/// state.
struct FollowStatus {
    std::string state;  ///< "disconnected", "connecting", "listening", "loading", "live"
    bool is_relay = false;
    std::string incarnation;  ///< empty before the first load
    std::string position;     ///< the whole position as text; empty before the first load
    /// The last full load, or the last complete audit pass when that is younger; none when nothing
    /// is held.
    std::optional<base::Timestamp> last_refresh;
    std::int64_t drift = 0;       ///< differences that audits found and healed, since the start
    std::int64_t rings = 0;       ///< doorbell notifications received
    std::int64_t drains = 0;      ///< reads of the feed
    std::int64_t reconnects = 0;  ///< times the connection was lost
    std::string last_error;  ///< why the database is away; empty while it is not. Holds no secret.
};

/// What the HTTP side asks of whoever follows the database. Implemented by the composition root
/// over the source.
///
/// Thread safety: every method may be called from any thread. A completion runs exactly once, on
/// any thread, possibly before the call returns, possibly after the caller has gone; it is short
/// and does not block.
class Follow {
  public:
    using Completion = std::function<void(base::Result<void>)>;

    virtual ~Follow() = default;
    Follow() = default;
    Follow(const Follow&) = delete;
    Follow& operator=(const Follow&) = delete;
    Follow(Follow&&) = delete;
    Follow& operator=(Follow&&) = delete;

    /// Called for every request: atomics only.
    [[nodiscard]] virtual Freshness freshness() const noexcept = 0;
    [[nodiscard]] virtual ReadyReport ready() const = 0;
    [[nodiscard]] virtual FollowStatus status() const = 0;

    /// Until the published position covers the ticket; drains at once instead of waiting for a
    /// ring. Errors: kTimeout naming what was waited for; kInvalidArgument for a ticket that the
    /// database has not given out; kUnavailable.
    virtual void wait_for_ticket(
        change::Xid ticket, base::SteadyTime deadline, Completion done
    ) = 0;

    /// Until the published stock row of (sku, store) has at least this version; drains at once.
    /// Errors: kTimeout, kUnavailable.
    virtual void wait_for_version(
        std::string sku,
        std::string store,
        std::int64_t min_version,
        base::SteadyTime deadline,
        Completion done
    ) = 0;

    /// Until something is loaded; after clear() this is what starts the reload (single flight).
    /// Errors: kTimeout; kUnavailable at once while the database is away.
    virtual void wait_for_load(base::SteadyTime deadline, Completion done) = 0;

    /// Full reload beside the old copy, single flight: callers during one share its outcome.
    virtual void refresh(std::function<void(base::Result<RefreshReport>)> done) = 0;

    /// The copy becomes empty and not loaded; `done` runs when readers see that. The next
    /// wait_for_load reloads.
    virtual void clear(Completion done) = 0;
};

}  // namespace stockd::web
