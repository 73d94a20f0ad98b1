#include "source/doorbell.hpp"

#include "base/assert.hpp"
#include "source/gaps.hpp"

#include <algorithm>

namespace stockd::source {

std::chrono::milliseconds Linger::next(change::Xid oldest_open, base::SteadyTime now) {
    if (oldest_open != oldest_) {
        oldest_ = oldest_open;
        oldest_since_ = now;
    }
    const bool same_old = oldest_open != 0 && now - oldest_since_ >= kOldAfter;
    const auto pause = std::min(step_, same_old ? kMaxSameOld : kMax);
    step_ = std::min(step_ * 2, kMaxSameOld);
    return pause;
}

void RingBudget::refill(base::SteadyTime now) {
    if (filled_at_) {
        const std::chrono::duration<double> passed = now - *filled_at_;
        tokens_ = std::min(burst(), tokens_ + passed.count() * per_s_);
    }
    filled_at_ = now;
}

void RingBudget::spend(base::SteadyTime now) {
    refill(now);
    tokens_ = std::max(0.0, tokens_ - 1);
}

bool RingBudget::left(base::SteadyTime now) {
    refill(now);
    return tokens_ >= 1;
}

Doorbell::Next Doorbell::next(base::SteadyTime now) {
    switch (state_) {
        case State::kAwake:
        case State::kLingering:
            return {now < until_ ? Step::kRest : Step::kDrain, until_};
        case State::kEmpty:
            return {Step::kTryLock, now};
        case State::kGranted:
            return {Step::kDrain, now};
        case State::kParked:
            if (now < until_) {
                return {Step::kRest, until_};
            }
            wake_up(now);
            return {Step::kUnlock, now};
        case State::kLeaving:
            return {Step::kUnlock, now};
    }
    return {Step::kDrain, now};
}

void Doorbell::drained(bool found, change::Xid oldest_open, base::SteadyTime now) {
    oldest_open_ = oldest_open;
    if (!parked()) {
        drains_since_sleep_ = std::min(drains_since_sleep_ + 1, kBusyAfter);
    }
    if (state_ == State::kGranted) {
        if (found) {
            state_ = State::kLeaving;
        } else {
            park(now);
        }
        return;
    }
    if (holds_lock()) {
        return;
    }
    if (found) {
        linger_.reset();
        state_ = State::kAwake;
        until_ = now + pace();
        return;
    }
    if (budget_.left(now)) {
        state_ = State::kEmpty;
    } else {
        linger(oldest_open, now);
    }
}

void Doorbell::lock_tried(bool granted, base::SteadyTime now) {
    STOCKD_ASSERT(state_ == State::kEmpty, "the lock is tried after an empty drain");
    if (!granted) {
        linger(oldest_open_, now);
    } else if constexpr (kRedrainAfterGrant) {
        state_ = State::kGranted;
    } else {
        park(now);
    }
}

void Doorbell::unlocked(base::SteadyTime now) {
    state_ = State::kAwake;
    until_ = now;
}

void Doorbell::rang(base::SteadyTime now) {
    budget_.spend(now);
    if (state_ == State::kParked || state_ == State::kGranted) {
        linger_.reset();
        wake_up(now);
    } else if (state_ == State::kLingering) {
        until_ = now;
    }
}

void Doorbell::restart() {
    linger_.reset();
    state_ = State::kAwake;
    until_ = {};
    drains_since_sleep_ = 0;
}

void Doorbell::linger(change::Xid oldest_open, base::SteadyTime now) {
    state_ = State::kLingering;
    until_ = now + std::max(linger_.next(oldest_open, now), pace());
}

void Doorbell::park(base::SteadyTime now) {
    state_ = State::kParked;
    parked_at_ = now;
    until_ = backstop_.count() > 0 ? now + backstop_ : base::SteadyTime::max();
}

void Doorbell::wake_up(base::SteadyTime now) {
    if (parked() && now - parked_at_ >= kSleep) {
        drains_since_sleep_ = 0;
    }
    state_ = State::kLeaving;
}

std::chrono::milliseconds Doorbell::pace() const noexcept {
    return drains_since_sleep_ < kBusyAfter ? std::chrono::milliseconds{0} : busy_pace_;
}

}  // namespace stockd::source
