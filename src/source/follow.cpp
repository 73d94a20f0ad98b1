#include "source/drain_rows.hpp"
#include "source/gaps.hpp"
#include "source/loop.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <algorithm>
#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

namespace {

base::Error gone() {
    return {base::ErrorCode::kUnavailable, "the listening connection was lost", {}, {}, {}};
}

std::vector<pg::Param> one_param(std::string_view value) {
    std::vector<pg::Param> params;
    params.emplace_back(std::string(value));
    return params;
}

}  // namespace

Follower::Loop::Task<> Follower::Loop::follow() {
    for (;;) {
        auto done = co_await duties();
        if (!done) {
            co_return done.error();
        }
        auto moved = co_await step();
        if (!moved) {
            co_return moved.error();
        }
    }
}

/// What is due now, in the order in which others wait for it.
Follower::Loop::Task<> Follower::Loop::duties() {
    base::Result<void> done{};
    if (load_ && load_->over) {
        during_ = "load";
        done = co_await finish_load();
    }
    if (done && position_ && waiters_.poll_at() <= steady_clock::now()) {
        during_ = "drain";
        auto drained = co_await drain();
        if (!drained && !is_kept_out(drained.error())) {
            co_return drained.error();
        }
        waiters_.polled(steady_clock::now());
        if (drained) {
            done = co_await settle_doubtful_tickets();
        }
    }
    if (done && canary_.became_late(steady_clock::now())) {
        observe_(observe::CanaryLate{options_.canary_late_after});
        set_state(state_, {});
    }
    if (done && position_ && canary_.due() <= steady_clock::now()) {
        during_ = "canary";
        done = co_await write_canary();
    }
    if (done && position_ && !relay_ && election_at_ <= steady_clock::now()) {
        during_ = "election";
        done = co_await stand_for_relay();
    }
    if (done && audit_due() <= steady_clock::now()) {
        during_ = "audit";
        done = co_await audit_slice();
    }
    if (done && measuring_due() <= steady_clock::now()) {
        during_ = "view freshness";
        done = co_await measure_views();
    }
    if (months_ && months_->over) {
        finish_months();
    }
    if (chores_ && chores_->over) {
        finish_chores();
    }
    if (folding_ && folding_->over) {
        finish_folding();
    }
    if (analytics_ && analytics_->over) {
        finish_analytics();
    }
    const auto now = steady_clock::now();
    if (done && months_due() <= now) {
        start_months();
    }
    if (done && chores_due() <= now) {
        start_chores();
    }
    if (done && folding_due() <= now) {
        start_folding();
    }
    if (done && analytics_due() <= now) {
        start_analytics();
    }
    if (done && reload_due() <= now) {
        start_load(loaded_ ? observe::LoadReason::kTtl : observe::LoadReason::kCleared);
    }
    if (done && now - l_.last_talk() >= talk_every()) {
        during_ = "keep-alive";
        done = co_await keep_l_alive();
        // A session that talks while the other is kept out proves nothing of what was written.
        if (done && !kept_out_) {
            heard(now);
        }
    }
    co_return done;
}

base::SteadyTime Follower::Loop::next_duty() const {
    const auto now = steady_clock::now();
    if (stopping_ || (load_ && load_->over) || (months_ && months_->over) ||
        (chores_ && chores_->over) || (folding_ && folding_->over) ||
        (analytics_ && analytics_->over)) {
        return now;
    }
    auto due = std::min(l_.last_talk() + talk_every(), canary_.late_at());
    if (!position_) {
        return due;
    }
    due = std::min(
        {due,
         waiters_.poll_at(),
         canary_.due(),
         audit_due(),
         months_due(),
         chores_due(),
         folding_due(),
         analytics_due(),
         measuring_due(),
         reload_due()}
    );
    if (!relay_) {
        due = std::min(due, election_at_);
    }
    return due;
}

/// Of a load that nobody asked for: the copy was cleared, or it has reached its age.
base::SteadyTime Follower::Loop::reload_due() const {
    if (!position_ || load_ || (loaded_ && options_.ttl.count() == 0)) {
        return base::SteadyTime::max();
    }
    return loaded_ ? std::max(refreshed_at_ + options_.ttl, load_again_at_) : load_again_at_;
}

Follower::Loop::Task<> Follower::Loop::step() {
    const auto now = steady_clock::now();
    if (!position_) {
        co_return co_await rest(next_duty());
    }
    if (!relay_) {
        const bool backstop = options_.backstop.count() > 0 && backstop_at_ <= now;
        if (changes_due_ <= now || backstop) {
            constexpr auto kNever = base::SteadyTime::max();
            const auto why = std::exchange(changes_due_, kNever) != kNever
                                 ? observe::Wake::kBroadcast
                                 : observe::Wake::kBackstop;
            observe_(observe::Woken{why});
            during_ = "drain";
            auto drained = co_await drain();
            if (!drained && is_kept_out(drained.error())) {
                // The backstop is due still.
                changes_due_ = why == observe::Wake::kBroadcast ? steady_clock::now() : kNever;
                co_return base::Result<void>{};
            }
            if (!drained) {
                co_return drained.error();
            }
            // News that the relay did not tell of: it is busy, or it has fallen silent.
            relay_suspect_ = relay_suspect_ || (*drained && why == observe::Wake::kBackstop);
            co_return base::Result<void>{};
        }
        auto until = std::min(changes_due_, next_duty());
        if (options_.backstop.count() > 0) {
            until = std::min(until, backstop_at_);
        }
        co_return co_await rest(until);
    }
    const auto next = doorbell_.next(now);
    switch (next.step) {
        case Doorbell::Step::kDrain: {
            during_ = "drain";
            auto found = co_await drain();
            if (!found && is_kept_out(found.error())) {
                // The next step is the same again, without the lock: or every writer would ring.
                if (doorbell_.holds_lock()) {
                    doorbell_.drained(/*found=*/true, 0, steady_clock::now());
                }
                co_return base::Result<void>{};
            }
            if (!found) {
                co_return found.error();
            }
            const auto& xip = position_->snapshot.xip;
            doorbell_.drained(*found, xip.empty() ? 0 : xip.front(), steady_clock::now());
            if (doorbell_.parked()) {
                observe_(observe::Parked{});
                update_status([](FollowerStatus& status) { ++status.parks; });
            }
            co_return base::Result<void>{};
        }
        case Doorbell::Step::kTryLock:
            co_return co_await try_lock_doorbell();
        case Doorbell::Step::kUnlock:
            co_return co_await unlock_and_drain();
        case Doorbell::Step::kRest:
            break;
    }
    co_return co_await rest(std::min(next.until, next_duty()));
}

Follower::Loop::Task<> Follower::Loop::rest(base::SteadyTime until) {
    if constexpr (kNotifiesBeforeWait) {
        // libpq may have read a notification together with the answer to a statement: the socket
        // would stay silent.
        take_notifications();
        // Only what step() acts on: returning for anything else would go round without ever
        // waiting, and nothing else on this thread, a load for one, would come to its turn.
        const auto now = steady_clock::now();
        if ((position_ && !relay_ && changes_due_ <= now) ||
            (relay_ && doorbell_.next(now).step != Doorbell::Step::kRest)) {
            co_return base::Result<void>{};
        }
    }
    const auto woken = co_await l_.rest(until);
    if (stopping_ || woken == pg::AsyncConnection::Wake::kBroken) {
        during_ = "listen";
        co_return gone();
    }
    if (kNotifiesBeforeWait || woken == pg::AsyncConnection::Wake::kReadable) {
        take_notifications();
    }
    co_return base::Result<void>{};
}

void Follower::Loop::take_notifications() {
    std::int64_t rings = 0;
    while (auto notification = l_.next_notification()) {
        if (notification->channel == sql::kDoorbellChannel) {
            ++rings;
        } else if (notification->backend_pid != l_pid_ && notification->backend_pid != d_pid_) {
            // A relay drains anyway; what others say on this channel must not make it talk.
            if (!relay_) {
                const auto earliest = std::max(steady_clock::now(), read_at_ + options_.told_pace);
                changes_due_ = std::min(changes_due_, earliest);
            }
        }
    }
    if (rings > 0 && relay_) {
        observe_(observe::Woken{observe::Wake::kDoorbell});
        doorbell_.rang(steady_clock::now());
    }
    if (rings > 0) {
        update_status([rings](FollowerStatus& status) { status.rings += rings; });
    }
}

Follower::Loop::Task<> Follower::Loop::try_lock_doorbell() {
    during_ = "doorbell lock";
    auto rows =
        co_await l_.exec(sql::kTryLock, one_param(sql::kDoorbellLock), statement_deadline());
    if (!rows) {
        co_return rows.error();
    }
    doorbell_.lock_tried(rows->boolean(0, 0), steady_clock::now());
    if (doorbell_.parked()) {
        update_status([](FollowerStatus& status) { ++status.parks; });
    }
    co_return base::Result<void>{};
}

/// Both at once, on two connections: as long as K is held every writer rings, so their order does
/// not matter.
Follower::Loop::Task<> Follower::Loop::unlock_and_drain() {
    during_ = "drain";
    auto sent = l_.start(sql::kUnlock, one_param(sql::kDoorbellLock));
    if (!sent) {
        co_return sent.error();
    }
    l_unlocking_ = true;
    auto found = co_await drain();
    if (!found && !is_kept_out(found.error())) {
        co_return found.error();
    }
    auto unlocked = co_await finish_unlock();
    if (!unlocked) {
        co_return unlocked.error();
    }
    const auto now = steady_clock::now();
    doorbell_.unlocked(now);
    if (!found) {
        co_return base::Result<void>{};  // awake, and to drain
    }
    const auto& xip = position_->snapshot.xip;
    doorbell_.drained(*found, xip.empty() ? 0 : xip.front(), now);
    co_return base::Result<void>{};
}

Follower::Loop::Task<> Follower::Loop::finish_unlock() {
    if (std::exchange(l_unlocking_, false)) {
        auto unlocked = co_await l_.finish(statement_deadline());
        if (!unlocked) {
            co_return unlocked.error();
        }
    }
    co_return base::Result<void>{};
}

Follower::Loop::Task<> Follower::Loop::stand_for_relay() {
    const auto every = options_.election_every.count();
    std::uniform_int_distribution<std::int64_t> jittered{every - every / 5, every + every / 5};
    election_at_ = steady_clock::now() + milliseconds{jittered(random_)};
    auto rows = co_await l_.exec(sql::kTryLock, one_param(sql::kRelayLock), statement_deadline());
    if (!rows) {
        co_return rows.error();
    }
    if (!rows->boolean(0, 0)) {
        co_return co_await end_silent_relay();
    }
    auto listening = co_await listen(sql::kDoorbellChannel);
    if (!listening) {
        co_return listening.error();
    }
    relay_ = true;
    changes_due_ = base::SteadyTime::max();
    months_at_ = steady_clock::now();
    chores_at_ = months_at_;
    folding_at_ = months_at_;
    analytics_at_ = base::SteadyTime::max();  // after the first fold
    doorbell_.restart();
    observe_(observe::RelayTaken{"the relay lock was free"});
    update_status([](FollowerStatus& status) { status.is_relay = true; });
    // What the last relay read and did not tell any more.
    co_return co_await send(make_many(*position_, 0));
}

/// The server ends a silent relay by itself, unless it is stuck in telling it of rings: while
/// nobody reads the other end of a full socket, no time-out of the session counts. Every writer
/// would ring until somebody ends it.
Follower::Loop::Task<> Follower::Loop::end_silent_relay() {
    if (!kSilentRelayEnded || !std::exchange(relay_suspect_, false)) {
        co_return base::Result<void>{};
    }
    std::vector<pg::Param> params;
    params.emplace_back(std::string(sql::kRelayLock));
    params.emplace_back(std::to_string(kTalksMissed * kTalkAtLeastEvery.count()) + " ms");
    auto rows = co_await l_.exec(sql::kEndSilentRelay, std::move(params), statement_deadline());
    if (!rows && !rows.error().sqlstate.empty()) {
        co_return base::Result<void>{};  // not allowed, or just gone: the election goes on
    }
    if (!rows) {
        co_return rows.error();
    }
    for (int row = 0; row < rows->size(); ++row) {
        observe_(observe::Message{
            observe::Level::kWarn,
            "ended the session of a relay that has fallen silent: process " +
                std::string(rows->text(row, 0)) + " of the database",
            {}});
    }
    co_return base::Result<void>{};
}

Follower::Loop::Task<> Follower::Loop::write_canary() {
    // On D, also while parked: on L it would not be refused the doorbell's lock, and would prove
    // nothing.
    std::vector<pg::Param> params;
    params.emplace_back(instance_id_);
    params.emplace_back(options_.name);
    params.emplace_back(relay_ ? "true" : "false");
    params.emplace_back(change::short_hash(*position_));
    params.emplace_back(incarnation_);
    auto rows = co_await d_.exec(sql::kWriteCanary, std::move(params), statement_deadline());
    if (!rows && is_locked_out(rows.error())) {
        canary_.put_off(steady_clock::now());
        co_return base::Result<void>{};
    }
    if (!rows) {
        co_return rows.error();
    }
    const auto nonce = parse_uuid(rows->text(0, 0));
    if (!nonce) {
        co_return base::Error{
            base::ErrorCode::kSchemaMismatch, "the canary's nonce is no UUID", {}, {}, {}};
    }
    canary_.written(*nonce, steady_clock::now());
    co_return base::Result<void>{};
}

}  // namespace stockd::source
