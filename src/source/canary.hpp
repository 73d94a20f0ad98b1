#pragma once

#include "base/clock.hpp"
#include "change/change.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace stockd::source {

/// Keeps account of the canaries that were sent through the feed: when the next is due, whether one
/// is late, which one came through last. Used by the follow thread.
class CanaryWatch {
  public:
    /// every 0: no canaries.
    CanaryWatch(std::chrono::milliseconds every, std::chrono::milliseconds late_after)
        : every_(every),
          late_after_(late_after) {}

    /// Takes effect with the next canary, and at once when they were switched off.
    void set_every(std::chrono::milliseconds every) noexcept { every_ = every; }

    /// When the next is to be written; never when they are switched off.
    [[nodiscard]] base::SteadyTime due() const noexcept {
        return every_.count() > 0 ? due_ : base::SteadyTime::max();
    }

    void written(change::Uuid nonce, base::SteadyTime now) {
        due_ = now + every_;
        newest_ = nonce;
        // While one is out, later ones do not make it younger: the wait began with the first.
        if (!waiting_since_) {
            waiting_since_ = now;
        }
    }

    /// It could not be written now: it is tried again soon, and is late if that goes on.
    void put_off(base::SteadyTime now) noexcept {
        constexpr std::chrono::seconds kSoon{1};
        due_ = now + std::min<base::SteadyTime::duration>(every_, kSoon);
        if (!waiting_since_) {
            waiting_since_ = now;
        }
    }

    [[nodiscard]] bool is_mine(const change::Uuid& nonce) const noexcept {
        return newest_ == nonce || last_seen_ == nonce;
    }

    /// The time that the newest one took; nothing when it is somebody else's or an older one of
    /// ours.
    std::optional<base::SteadyTime::duration> seen(
        const change::Uuid& nonce, base::SteadyTime now
    ) {
        if (!waiting_since_ || newest_ != nonce) {
            return std::nullopt;
        }
        const auto took = now - *waiting_since_;
        waiting_since_.reset();
        last_seen_ = nonce;
        proven_ = true;
        late_ = false;
        return took;
    }

    /// True once per canary that is newly late.
    [[nodiscard]] bool became_late(base::SteadyTime now) {
        if (late_ || late_after_.count() == 0 || !waiting_since_ ||
            now - *waiting_since_ < late_after_) {
            return false;
        }
        late_ = true;
        return true;
    }

    [[nodiscard]] base::SteadyTime late_at() const noexcept {
        return waiting_since_ && !late_ && late_after_.count() > 0 ? *waiting_since_ + late_after_
                                                                   : base::SteadyTime::max();
    }

    [[nodiscard]] bool is_late() const noexcept { return late_; }

    /// One came through in this session, or none are sent.
    [[nodiscard]] bool is_proven() const noexcept { return proven_ || every_.count() == 0; }

    [[nodiscard]] const std::optional<change::Uuid>& last_seen() const noexcept {
        return last_seen_;
    }

    /// A new session: what was out will not be waited for, and the first is due at once.
    void restart(base::SteadyTime now) {
        waiting_since_.reset();
        newest_.reset();
        due_ = now;
        late_ = false;
        proven_ = false;
    }

    /// A full load: there is no history to prove any more.
    void forget_last_seen() { last_seen_.reset(); }

  private:
    std::chrono::milliseconds every_;
    std::chrono::milliseconds late_after_;
    base::SteadyTime due_{};
    std::optional<base::SteadyTime> waiting_since_;
    std::optional<change::Uuid> newest_;
    std::optional<change::Uuid> last_seen_;
    bool late_ = false;
    bool proven_ = false;
};

}  // namespace stockd::source
