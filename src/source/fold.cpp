#include "source/beside.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

namespace {

/// How often the views are folded while nothing changes: a day that turns somewhere is folded, too.
constexpr milliseconds kIdle{60'000};
/// How soon again when another session is folding, or the database refused.
constexpr milliseconds kFoldAgain{1000};
/// How often the relay looks how old the views are.
constexpr milliseconds kMeasureEvery{5000};
/// A rebuild walks over all stock. Chosen: at most a tenth of a core.
constexpr int kRebuildPause = 10;

}  // namespace

void Follower::Loop::start_folding() {
    folding_ = std::make_shared<Folding>(io_.get_executor());
    spawn_beside(folding_, &Loop::fold, "folding ended with an exception");
}

/// There is something to fold. It waits its turn.
void Follower::Loop::note_unfolded() {
    unfolded_ = true;
    if (folding_) {
        folding_->connection.interrupt();
    }
}

/// Until the connection is lost, or dropped with the session.
Follower::Loop::Task<> Follower::Loop::fold(std::shared_ptr<Folding> folding) {
    auto& connection = folding->connection;
    auto opened =
        co_await open_beside(connection, " fold", fold_settings(options_), statement_deadline());
    if (!opened) {
        co_return opened.error();
    }
    auto listening = co_await connection.exec_script(
        std::string("listen ") + sql::kRefreshChannel, statement_deadline()
    );
    if (!listening) {
        co_return listening.error();
    }
    // Asked for while nobody listened.
    auto asked = co_await connection.exec_script(sql::kRebuildAsked, statement_deadline());
    if (!asked) {
        co_return asked.error();
    }
    folding->rebuild = asked->text(0, 0) == "true";
    // What the last relay did not fold any more.
    unfolded_ = true;
    for (;;) {
        while (connection.next_notification()) {
            folding->rebuild = true;
        }
        if (fold_due(*folding) <= steady_clock::now()) {
            auto done = co_await fold_once(*folding);
            if (!done) {
                co_return done.error();
            }
        }
        const auto woken =
            co_await connection.rest(std::min(fold_due(*folding), steady_clock::now() + kFoldAgain)
            );
        if (woken == pg::AsyncConnection::Wake::kBroken) {
            co_return base::Error{
                base::ErrorCode::kUnavailable, "the connection for folding was lost", {}, {}, {}};
        }
    }
}

base::SteadyTime Follower::Loop::fold_due(const Folding& folding) const {
    auto due = base::SteadyTime::max();
    if (options_.fold_every.count() > 0) {
        due = unfolded_ ? folding.fold_at : folding.idle_at;
    }
    return folding.rebuild ? std::min(due, std::max(folding.fold_at, folding.rebuild_at)) : due;
}

Follower::Loop::Task<> Follower::Loop::fold_once(Folding& folding) {
    const auto begun = steady_clock::now();
    const bool rebuild = folding.rebuild && folding.rebuild_at <= begun;
    unfolded_ = false;
    std::vector<pg::Param> params;
    params.emplace_back(rebuild ? "true" : "false");
    auto rows = co_await folding.connection.exec(
        sql::kFold, std::move(params), begun + options_.load_timeout
    );
    const auto now = steady_clock::now();
    if (!rows) {
        unfolded_ = true;
        folding.fold_at = now + kFoldAgain;
        if (rebuild) {
            folding.rebuild_at =
                now + kRebuildPause * std::max<base::SteadyTime::duration>(kFoldAgain, now - begun);
        }
        co_return chore_failed("fold", rows.error(), kFoldAgain, fold_failed_);
    }
    fold_failed_ = false;
    if (rows->is_null(0, 0)) {
        // Another session is at it: what it does not see is left for us.
        unfolded_ = true;
        folding.fold_at = now + kFoldAgain;
        co_return base::Result<void>{};
    }
    folding.fold_at = begun + options_.fold_every;
    folding.idle_at = now + kIdle;
    analytics_wanted_ = analytics_wanted_ || rebuild;
    if (rebuild || analytics_at_ == base::SteadyTime::max()) {
        analytics_at_ = now;
        wake();
    }
    const auto took = now - begun;
    if (rebuild) {
        folding.rebuild = false;
        folding.rebuild_at = now + kRebuildPause * took;
    }
    observe_(observe::ViewsFolded{
        number_at(*rows, 0), number_at(*rows, 2), std::string(rows->text(0, 1)), took});
    co_return base::Result<void>{};
}

void Follower::Loop::finish_folding() {
    const auto folding = std::exchange(folding_, nullptr);
    folding_at_ = steady_clock::now() + options_.chores_again;
    if (!folding->outcome) {
        const bool again = std::exchange(folding_failed_, true);
        observe_(observe::ChoreFailed{
            "folding", folding->outcome.error(), options_.chores_again, again});
    }
}

/// On D, not on the connection that folds: while a fold is stuck the views grow old all the same.
Follower::Loop::Task<> Follower::Loop::measure_views() {
    measuring_at_ = steady_clock::now() + kMeasureEvery;
    auto rows = co_await d_.exec(sql::kViewFreshness, {}, statement_deadline());
    if (!rows) {
        co_return chore_failed("freshness", rows.error(), kMeasureEvery, measuring_failed_);
    }
    measuring_failed_ = false;
    observe::ViewsMeasured seen;
    for (int row = 0; row < rows->size(); ++row) {
        auto& view = seen.views.emplace_back();
        view.relation = rows->text(row, 0);
        if (!rows->is_null(row, 1)) {
            view.age_s = std::strtod(std::string(rows->text(row, 1)).c_str(), nullptr);
        }
        if (!rows->is_null(row, 2)) {
            view.rows_waiting = number_at(*rows, 2, row);
        }
    }
    observe_(std::move(seen));
    co_return base::Result<void>{};
}

base::SteadyTime Follower::Loop::measuring_due() const {
    return relay_ ? measuring_at_ : base::SteadyTime::max();
}

base::SteadyTime Follower::Loop::folding_due() const {
    return relay_ && !folding_ ? folding_at_ : base::SteadyTime::max();
}

}  // namespace stockd::source
