#pragma once

#include "base/clock.hpp"
#include "change/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace stockd::source {

/// How long the relay stays awake between two looks when it may not park.
class Linger {
  public:
    /// The next pause: 1, 2, 4 ... 10 ms, and on to 50 ms while the oldest open transaction stays
    /// the same for a second. `oldest_open` is 0 when none is open.
    [[nodiscard]] std::chrono::milliseconds next(change::Xid oldest_open, base::SteadyTime now);

    /// Something came: start again from the shortest.
    void reset() noexcept { step_ = kFirst; }

    static constexpr std::chrono::milliseconds kFirst{1};
    static constexpr std::chrono::milliseconds kMax{10};
    /// Chosen: 20 looks a second cost under 1 % of a core (a refused lock and an empty drain).
    static constexpr std::chrono::milliseconds kMaxSameOld{50};
    static constexpr std::chrono::milliseconds kOldAfter{1000};

  private:
    std::chrono::milliseconds step_ = kFirst;
    change::Xid oldest_ = 0;
    base::SteadyTime oldest_since_{};
};

/// Lets rings through up to a rate: a token bucket.
class RingBudget {
  public:
    explicit RingBudget(double per_s)
        : per_s_(per_s),
          tokens_(burst()) {}

    /// One ring came.
    void spend(base::SteadyTime now);
    /// Whether another may be asked for.
    [[nodiscard]] bool left(base::SteadyTime now);

  private:
    [[nodiscard]] double burst() const noexcept { return per_s_ / 10 < 1 ? 1 : per_s_ / 10; }

    void refill(base::SteadyTime now);
    double per_s_;
    double tokens_;
    std::optional<base::SteadyTime> filled_at_;
};

/// The relay's side of the doorbell (doorbell.pml), without any I/O: says what to do next and is
/// told what came of it. Used by the follow thread. Extra drains at any time are harmless and need
/// not be told.
class Doorbell {
  public:
    enum class Step : std::uint8_t {
        kDrain,    ///< read the feed, then call drained()
        kTryLock,  ///< pg_try_advisory_lock(K) on L, then lock_tried()
        kUnlock,   ///< pg_advisory_unlock(K) on L, then unlocked()
        kRest,     ///< wait on L's socket until `until`; rang() when a doorbell came
    };

    struct Next {
        Step step = Step::kDrain;
        base::SteadyTime until{};
    };

    /// backstop 0: parked without an end. busy_pace 0: a stream is read as fast as it comes.
    Doorbell(
        std::chrono::milliseconds backstop,
        double rings_per_s_max,
        std::chrono::milliseconds busy_pace
    )
        : backstop_(backstop),
          busy_pace_(busy_pace),
          budget_(rings_per_s_max) {}

    [[nodiscard]] Next next(base::SteadyTime now);
    void drained(bool found, change::Xid oldest_open, base::SteadyTime now);
    void lock_tried(bool granted, base::SteadyTime now);
    void unlocked(base::SteadyTime now);
    void rang(base::SteadyTime now);
    /// Back to AWAKE without the lock, as at the start of a session.
    void restart();

    [[nodiscard]] bool holds_lock() const noexcept {
        return state_ == State::kGranted || state_ == State::kParked || state_ == State::kLeaving;
    }

    [[nodiscard]] bool parked() const noexcept { return state_ == State::kParked; }

    /// So many drains without a sleep in between make a stream, and from then on they are a pace
    /// apart. Chosen: two lone commits, each of which takes three drains until the relay is parked
    /// again, are none.
    static constexpr int kBusyAfter = 8;
    /// A shorter time in the parked state is no sleep: at some hundred changes a second the relay
    /// parks between any two, and each costs it three drains.
    static constexpr std::chrono::milliseconds kSleep{10};

  private:
    enum class State : std::uint8_t { kAwake, kEmpty, kLingering, kGranted, kParked, kLeaving };

    void linger(change::Xid oldest_open, base::SteadyTime now);
    void park(base::SteadyTime now);
    void wake_up(base::SteadyTime now);
    [[nodiscard]] std::chrono::milliseconds pace() const noexcept;

    std::chrono::milliseconds backstop_;
    std::chrono::milliseconds busy_pace_;
    RingBudget budget_;
    Linger linger_;
    State state_ = State::kAwake;
    base::SteadyTime until_{};
    change::Xid oldest_open_ = 0;
    base::SteadyTime parked_at_{};
    int drains_since_sleep_ = 0;
};

}  // namespace stockd::source
