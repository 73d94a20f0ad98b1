#include "source/beside.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <algorithm>
#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

namespace {

/// The analytics cost a walk over all stock. Chosen: at most a hundredth of a core.
constexpr int kAnalyticsPause = 100;

}  // namespace

void Follower::Loop::start_analytics() {
    analytics_wanted_ = false;
    analytics_ = std::make_shared<Analytics>(io_.get_executor());
    spawn_beside(analytics_, &Loop::fold_analytics, "analytics ended with an exception");
}

Follower::Loop::Task<base::SteadyTime::duration> Follower::Loop::fold_analytics(
    std::shared_ptr<Analytics> analytics
) {
    auto& connection = analytics->connection;
    auto opened = co_await open_beside(
        connection, " analytics", fold_settings(options_), statement_deadline()
    );
    if (!opened) {
        co_return opened.error();
    }
    const auto begun = steady_clock::now();
    auto rows = co_await connection.exec_script(sql::kFoldAnalytics, begun + options_.load_timeout);
    if (!rows) {
        co_return rows.error();
    }
    co_return steady_clock::now() - begun;
}

void Follower::Loop::finish_analytics() {
    const auto analytics = std::exchange(analytics_, nullptr);
    milliseconds pause = options_.analytics_every;
    if (analytics->outcome) {
        analytics_failed_ = false;
        const auto took = std::chrono::duration_cast<milliseconds>(*analytics->outcome);
        pause = std::max(pause, kAnalyticsPause * took);
        observe_(observe::AnalyticsFolded{took});
    } else {
        const bool again = std::exchange(analytics_failed_, true);
        observe_(observe::ChoreFailed{"analytics", analytics->outcome.error(), pause, again});
    }
    analytics_at_ = steady_clock::now() + pause;
}

base::SteadyTime Follower::Loop::analytics_due() const {
    const bool is_due = options_.fold_every.count() > 0 && options_.analytics_every.count() > 0;
    return relay_ && !analytics_ && (is_due || analytics_wanted_) ? analytics_at_
                                                                  : base::SteadyTime::max();
}

}  // namespace stockd::source
