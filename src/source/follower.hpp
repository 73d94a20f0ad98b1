#pragma once

#include "change/position.hpp"
#include "observe/observation.hpp"
#include "source/options.hpp"
#include "source/sink.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stockd::source {

enum class State : std::uint8_t { kDisconnected, kConnecting, kListening, kLoading, kLive };

[[nodiscard]] std::string_view name_of(State state) noexcept;

struct Freshness {
    bool stale = true;
    /// Since the database was last known to hold nothing newer than what is published. None while
    /// nothing is held.
    std::optional<milliseconds> age;
};

struct LoadReport {
    Counts counts;
    milliseconds duration{0};
};

/// Values of one moment.
struct FollowerStatus {
    State state = State::kDisconnected;
    bool is_relay = false;
    bool loaded = false;
    /// Why this follower should get no traffic: "loading", "database_away", "no_answer",
    /// "canary_late", "canary_pending", "schema", "stopping". Empty: ready.
    std::vector<std::string> not_ready;
    std::string instance_id;
    std::string incarnation;
    std::string position;
    /// The last full load, or the last complete audit pass when that is younger.
    std::optional<base::Timestamp> last_refresh;
    std::int64_t drift = 0;
    std::int64_t rings = 0;
    std::int64_t drains = 0;
    std::int64_t parks = 0;
    std::int64_t broadcasts = 0;
    std::int64_t reconnects = 0;
    std::string last_error;
    /// The same with its code; nothing while there is none.
    std::optional<base::Error> failure;
};

/// Follows one database: connects, loads, drains the change feed into a Sink, relays when elected,
/// audits, for ever. Owns the thread "follow", which alone calls the Sink. All methods but start()
/// and stop() may be called from any thread; completions run exactly once, on the follow thread (or
/// at once on the caller's when it is not running), and must be short.
class Follower {
  public:
    using Completion = std::function<void(base::Result<void>)>;

    /// The sink must outlive the follower.
    Follower(SourceOptions options, Sink& sink, observe::Observer observer);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    Follower(Follower&&) = delete;
    Follower& operator=(Follower&&) = delete;

    void start();
    /// Ends every wait with kUnavailable, gives back the locks, joins the thread. Bounded by one
    /// callback into the Sink.
    void stop();

    /// Atomics only.
    [[nodiscard]] Freshness freshness() const noexcept;
    [[nodiscard]] FollowerStatus status() const;

    /// Until the published position covers the ticket; drains at once. Errors: kTimeout,
    /// kInvalidArgument for a ticket that the database has not given out, kForeignIncarnation when
    /// the database became another one, kUnavailable.
    void wait_for_ticket(change::Xid ticket, base::SteadyTime deadline, const Completion& done);
    /// Until `condition` holds, looked at on the follow thread after each publication; drains at
    /// once. `what` is named in the time-out.
    void wait_until(
        std::function<bool()> condition,
        std::string what,
        base::SteadyTime deadline,
        const Completion& done
    );
    /// Until the Sink holds a copy. kUnavailable at once while the database is away.
    void wait_for_load(base::SteadyTime deadline, const Completion& done);
    /// A full load in the background; callers during one share its outcome.
    void refresh(const std::function<void(base::Result<LoadReport>)>& done);
    /// The Sink is emptied, and the load that fills it again begins. kUnavailable, and nothing is
    /// done, while the database is away: the copy is all there is then.
    void clear(const Completion& done);

    /// From now on. A follower that stopped does nothing.
    void set_paces(const Paces& paces);

  private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace stockd::source
