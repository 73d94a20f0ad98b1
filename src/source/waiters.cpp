#include "source/waiters.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stockd::source {

void Waiters::add_ticket(
    change::Xid ticket,
    base::SteadyTime deadline,
    base::SteadyTime now,
    Done done,
    base::SteadyTime judge_until
) {
    add({ticket, "ticket " + std::to_string(ticket), deadline, std::move(done), judge_until}, now);
}

void Waiters::add_condition(
    Condition condition,
    std::string what,
    base::SteadyTime deadline,
    base::SteadyTime now,
    Done done
) {
    if (condition()) {
        done({});
        return;
    }
    add({std::move(condition), std::move(what), deadline, std::move(done)}, now);
}

base::SteadyTime Waiters::end_of(const Waiter& waiter) noexcept {
    return waiter.judgement == Judgement::kGiven ? waiter.deadline
                                                 : std::max(waiter.deadline, waiter.judge_until);
}

void Waiters::add(Waiter waiter, base::SteadyTime now) {
    if (waiting_.size() >= limit_) {
        waiter.done(base::Error{
            base::ErrorCode::kUnavailable,
            "too many requests are waiting",
            "At most " + std::to_string(limit_) + " may wait at a time.",
            "Try again later, or read without waiting.",
            {}});
        return;
    }
    waiting_.push_back(std::move(waiter));
    step_ = kPollFirst;
    poll_at_ = now;
}

/// Removes whoever is_over() says, and only then tells them: a completion may add a waiter.
template <class Predicate>
void Waiters::complete(const Predicate& is_over, const base::Result<void>& result) {
    const auto first = std::stable_partition(waiting_.begin(), waiting_.end(), [&](Waiter& w) {
        return !is_over(w);
    });
    std::vector<Waiter> over{
        std::make_move_iterator(first), std::make_move_iterator(waiting_.end())};
    waiting_.erase(first, waiting_.end());
    for (auto& waiter : over) {
        waiter.done(result);
    }
}

void Waiters::published(const change::Position& position) {
    if (waiting_.empty()) {
        return;
    }
    complete(
        [&position](const Waiter& w) {
            const auto* ticket = std::get_if<change::Xid>(&w.until);
            return ticket != nullptr ? position.covers(*ticket) : std::get<Condition>(w.until)();
        },
        {}
    );
}

void Waiters::recheck_conditions() {
    complete(
        [](const Waiter& w) {
            const auto* condition = std::get_if<Condition>(&w.until);
            return condition != nullptr && (*condition)();
        },
        {}
    );
}

void Waiters::expire(base::SteadyTime now) {
    const auto first = std::stable_partition(
        waiting_.begin(), waiting_.end(), [now](const Waiter& w) { return end_of(w) > now; }
    );
    std::vector<Waiter> over{
        std::make_move_iterator(first), std::make_move_iterator(waiting_.end())};
    waiting_.erase(first, waiting_.end());
    for (auto& waiter : over) {
        waiter.done(base::Error{
            base::ErrorCode::kTimeout,
            "the wait for " + waiter.what + " ended without it",
            {},
            "Wait longer, or check that the transaction was committed and that the daemon is "
            "ready.",
            {}});
    }
}

base::SteadyTime Waiters::next_deadline() const noexcept {
    auto earliest = base::SteadyTime::max();
    for (const auto& waiter : waiting_) {
        earliest = std::min(earliest, end_of(waiter));
    }
    return earliest;
}

base::SteadyTime Waiters::poll_at() const noexcept {
    return waiting_.empty() ? base::SteadyTime::max() : poll_at_;
}

void Waiters::polled(base::SteadyTime now) {
    poll_at_ = now + step_;
    step_ = std::min(step_ * 2, kPollMax);
}

std::vector<change::Xid> Waiters::doubtful(const change::Position& position) {
    std::vector<change::Xid> tickets;
    for (auto& waiter : waiting_) {
        const auto* ticket = std::get_if<change::Xid>(&waiter.until);
        if (ticket == nullptr || waiter.judgement != Judgement::kNone) {
            continue;
        }
        const bool is_doubtful = *ticket >= position.snapshot.xmax;
        waiter.judgement = is_doubtful ? Judgement::kAsked : Judgement::kGiven;
        if (is_doubtful) {
            tickets.push_back(*ticket);
        }
    }
    return tickets;
}

void Waiters::judged(change::Xid ticket) noexcept {
    for (auto& waiter : waiting_) {
        const auto* waits_for = std::get_if<change::Xid>(&waiter.until);
        if (waits_for != nullptr && *waits_for == ticket) {
            waiter.judgement = Judgement::kGiven;
        }
    }
}

void Waiters::refuse_ticket(change::Xid ticket, const base::Error& error) {
    complete(
        [ticket](const Waiter& w) {
            const auto* waits_for = std::get_if<change::Xid>(&w.until);
            return waits_for != nullptr && *waits_for == ticket;
        },
        error
    );
}

void Waiters::fail_tickets(const base::Error& error) {
    complete([](const Waiter& w) { return std::holds_alternative<change::Xid>(w.until); }, error);
}

void Waiters::fail_all(const base::Error& error) {
    complete([](const Waiter&) { return true; }, error);
}

}  // namespace stockd::source
