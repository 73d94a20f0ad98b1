#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "change/position.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace stockd::source {

/// Requests that wait for the published position to reach something, and how eagerly to drain for
/// them: at once, then after 1, 2, 4 ... 10 ms. Used by the follow thread; completions run inside
/// the calls.
class Waiters {
  public:
    using Done = std::function<void(base::Result<void>)>;
    using Condition = std::function<bool()>;

    explicit Waiters(std::size_t limit)
        : limit_(limit) {}

    /// For those who come from now on.
    void set_limit(std::size_t limit) noexcept { limit_ = limit; }

    /// Until `judge_until` the deadline does not end it before it is known whether the database has
    /// given out the ticket, which takes a round trip.
    void add_ticket(
        change::Xid ticket,
        base::SteadyTime deadline,
        base::SteadyTime now,
        Done done,
        base::SteadyTime judge_until = {}
    );
    void add_condition(
        Condition condition,
        std::string what,
        base::SteadyTime deadline,
        base::SteadyTime now,
        Done done
    );

    /// Completes whom the position covers or whose condition holds.
    void published(const change::Position& position);
    /// As published() for conditions alone: what they look at changed without a position.
    void recheck_conditions();
    /// kTimeout for whose deadline has passed.
    void expire(base::SteadyTime now);
    /// The earliest deadline; max() when nobody waits.
    [[nodiscard]] base::SteadyTime next_deadline() const noexcept;

    /// When to drain for those who wait; max() when nobody does.
    [[nodiscard]] base::SteadyTime poll_at() const noexcept;
    /// A drain has ended: the next is due later.
    void polled(base::SteadyTime now);

    /// Tickets at or above the xmax of `position`, which was read after they came: of transactions
    /// that are open or do not exist. Each is named once, and is judged or refused then.
    [[nodiscard]] std::vector<change::Xid> doubtful(const change::Position& position);
    /// The database has given out this ticket, or cannot say.
    void judged(change::Xid ticket) noexcept;
    /// The database has not given out this ticket.
    void refuse_ticket(change::Xid ticket, const base::Error& error);
    void fail_tickets(const base::Error& error);
    void fail_all(const base::Error& error);

    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

    static constexpr std::chrono::milliseconds kPollFirst{1};
    static constexpr std::chrono::milliseconds kPollMax{10};

  private:
    enum class Judgement : std::uint8_t { kNone, kAsked, kGiven };

    struct Waiter {
        std::variant<change::Xid, Condition> until;
        std::string what;
        base::SteadyTime deadline;
        Done done;
        base::SteadyTime judge_until{};
        Judgement judgement = Judgement::kNone;
    };

    [[nodiscard]] static base::SteadyTime end_of(const Waiter& waiter) noexcept;
    void add(Waiter waiter, base::SteadyTime now);
    template <class Predicate>
    void complete(const Predicate& is_over, const base::Result<void>& result);

    std::size_t limit_;
    std::vector<Waiter> waiting_;
    base::SteadyTime poll_at_{};
    std::chrono::milliseconds step_ = kPollFirst;
};

}  // namespace stockd::source
