#include "source/beside.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <algorithm>
#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

namespace {

/// Holds that one statement lets expire. Chosen: some 100 ms of work; what is left is next.
constexpr std::int64_t kExpireAtMost = 1000;
/// Keys that one statement lets go, and refusals. Chosen: some 50 ms of work; what is left is next.
constexpr std::int64_t kPruneAtMost = 1000;
/// Queued sales that one statement deducts: it keeps their stock rows from tills for as long.
/// Chosen: some 100 ms. Begins with 1 and doubles, and is halved by what takes too long.
constexpr std::int64_t kSyncAtMost = 100;
/// How soon a changed pace counts.
constexpr milliseconds kLook{1000};
/// What the database says when a statement took too long.
constexpr std::string_view kStatementTimedOut = "57014";

bool is_on(milliseconds every) {
    return every.count() > 0;
}

}  // namespace

void Follower::Loop::start_chores() {
    chores_ = std::make_shared<Chores>(io_.get_executor());
    spawn_beside(chores_, &Loop::do_chores, "chores ended with an exception");
}

/// Until the connection is lost, or dropped with the session.
Follower::Loop::Task<> Follower::Loop::do_chores(std::shared_ptr<Chores> chores) {
    auto opened = co_await open_beside(
        chores->connection, " chores", chores_settings(), statement_deadline()
    );
    if (!opened) {
        co_return opened.error();
    }
    chores_failed_ = false;
    for (;;) {
        base::Result<void> done{};
        if (expiry_due(*chores) <= steady_clock::now()) {
            done = co_await expire_holds(*chores);
        }
        if (done && sync_due(*chores) <= steady_clock::now()) {
            if (chores->stores.empty()) {
                done = co_await find_queues(*chores);
            } else {
                done = co_await sync_queue(*chores);
            }
        }
        if (done && prune_due(*chores) <= steady_clock::now()) {
            done = co_await prune_keys(*chores);
        }
        if (!done) {
            co_return done.error();
        }
        const auto due = std::min({expiry_due(*chores), sync_due(*chores), prune_due(*chores)});
        const auto woken =
            co_await chores->connection.rest(std::min(due, steady_clock::now() + kLook));
        if (woken == pg::AsyncConnection::Wake::kBroken) {
            co_return base::Error{
                base::ErrorCode::kUnavailable, "the connection for chores was lost", {}, {}, {}};
        }
    }
}

base::SteadyTime Follower::Loop::expiry_due(const Chores& chores) const {
    return is_on(options_.expire_every) ? chores.expire_at : base::SteadyTime::max();
}

base::SteadyTime Follower::Loop::sync_due(const Chores& chores) const {
    return is_on(options_.sync_every) ? chores.sync_at : base::SteadyTime::max();
}

Follower::Loop::Task<> Follower::Loop::expire_holds(Chores& chores) {
    const auto begun = steady_clock::now();
    std::vector<pg::Param> params;
    params.emplace_back(std::to_string(kExpireAtMost));
    auto rows =
        co_await chores.connection.exec(sql::kExpire, std::move(params), statement_deadline());
    const auto now = steady_clock::now();
    chores.expire_at = now + options_.expire_every;
    if (!rows) {
        co_return chore_failed("expire", rows.error(), options_.expire_every, expiry_failed_);
    }
    expiry_failed_ = false;
    const auto holds = number_at(*rows, 0);
    if (holds >= kExpireAtMost) {
        chores.expire_at = now;
    }
    if (holds > 0) {
        observe_(observe::HoldsExpired{holds, now - begun});
    }
    co_return base::Result<void>{};
}

base::SteadyTime Follower::Loop::prune_due(const Chores& chores) const {
    return is_on(options_.prune_every) ? chores.prune_at : base::SteadyTime::max();
}

Follower::Loop::Task<> Follower::Loop::prune_keys(Chores& chores) {
    const auto begun = steady_clock::now();
    std::vector<pg::Param> params;
    params.emplace_back(std::to_string(kPruneAtMost));
    auto rows =
        co_await chores.connection.exec(sql::kPrune, std::move(params), statement_deadline());
    const auto now = steady_clock::now();
    chores.prune_at = now + options_.prune_every;
    if (!rows) {
        co_return chore_failed("prune", rows.error(), options_.prune_every, prune_failed_);
    }
    prune_failed_ = false;
    const auto keys = number_at(*rows, 0);
    if (keys > 0) {
        // There may be millions, the first time: a fifth of the time is theirs.
        chores.prune_at = now + 4 * (now - begun);
        observe_(observe::KeysPruned{keys, now - begun});
    }
    co_return base::Result<void>{};
}

/// Which stores have something to sync.
Follower::Loop::Task<> Follower::Loop::find_queues(Chores& chores) {
    auto rows = co_await chores.connection.exec_script(sql::kPendingStores, statement_deadline());
    if (!rows) {
        chores.sync_at = steady_clock::now() + options_.sync_every;
        co_return chore_failed("sync", rows.error(), options_.sync_every, sync_failed_);
    }
    for (int row = 0; row < rows->size(); ++row) {
        chores.stores.emplace_back(rows->text(row, 0));
    }
    if (chores.stores.empty()) {
        sync_failed_ = false;
        chores.sync_at = steady_clock::now() + options_.sync_every;
    }
    co_return base::Result<void>{};
}

/// One batch of the first store; what is left of it comes after the other stores.
Follower::Loop::Task<> Follower::Loop::sync_queue(Chores& chores) {
    const auto begun = steady_clock::now();
    auto store = std::move(chores.stores.front());
    chores.stores.pop_front();
    std::vector<pg::Param> params;
    params.emplace_back(store);
    params.emplace_back(std::to_string(chores.sync_at_most));
    auto rows =
        co_await chores.connection.exec(sql::kSync, std::move(params), statement_deadline());
    const auto now = steady_clock::now();
    base::Result<void> done{};
    if (rows) {
        const auto synced = number_at(*rows, 0);
        const auto short_of_stock = number_at(*rows, 1);
        // Nothing done, and some left: somebody else has them in hand.
        if (number_at(*rows, 2) > 0 && synced + short_of_stock > 0) {
            chores.stores.push_back(store);
        }
        chores.sync_at_most = std::min(kSyncAtMost, chores.sync_at_most * 2);
        sync_failed_ = false;
        if (synced + short_of_stock > 0) {
            observe_(observe::QueueSynced{std::move(store), synced, short_of_stock, now - begun});
        }
    } else {
        const bool takes_long =
            rows.error().sqlstate == kStatementTimedOut || is_locked_out(rows.error());
        if (takes_long && chores.sync_at_most > 1) {
            chores.sync_at_most /= 2;
            chores.stores.push_back(store);
        }
        done = chore_failed("sync", rows.error(), options_.sync_every, sync_failed_);
    }
    if (chores.stores.empty()) {
        chores.sync_at = now + options_.sync_every;
    }
    co_return done;
}

/// What the database refused it may do the next time; that is said, once until it works again. An
/// error when the connection is lost.
base::Result<void> Follower::Loop::chore_failed(
    const char* chore, const base::Error& error, milliseconds next, bool& failed
) {
    if (error.sqlstate.empty()) {
        return error;
    }
    const bool again = std::exchange(failed, true);
    observe_(observe::ChoreFailed{chore, error, next, again});
    return {};
}

void Follower::Loop::finish_chores() {
    const auto chores = std::exchange(chores_, nullptr);
    chores_at_ = steady_clock::now() + options_.chores_again;
    if (!chores->outcome) {
        const bool again = std::exchange(chores_failed_, true);
        observe_(observe::ChoreFailed{
            "connection", chores->outcome.error(), options_.chores_again, again});
    }
}

base::SteadyTime Follower::Loop::chores_due() const {
    const bool wanted =
        is_on(options_.expire_every) || is_on(options_.sync_every) || is_on(options_.prune_every);
    return relay_ && !chores_ && wanted ? chores_at_ : base::SteadyTime::max();
}

}  // namespace stockd::source
