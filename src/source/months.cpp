#include "source/beside.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

void Follower::Loop::start_months() {
    months_ = std::make_shared<Months>(io_.get_executor());
    spawn_beside(months_, &Loop::make_months, "making months ended with an exception");
}

Follower::Loop::Task<std::vector<std::string>> Follower::Loop::make_months(
    std::shared_ptr<Months> months
) {
    if (months_ != months) {
        co_return base::Error{base::ErrorCode::kUnavailable, "dropped", {}, {}, {}};
    }
    auto& m = months->connection;
    auto opened = co_await open_beside(m, " months", months_settings(), statement_deadline());
    if (!opened) {
        co_return opened.error();
    }
    auto rows = co_await m.exec_script(sql::kMakeMonths, statement_deadline());
    if (!rows) {
        co_return rows.error();
    }
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(rows->size()));
    for (int row = 0; row < rows->size(); ++row) {
        names.emplace_back(rows->text(row, 0));
    }
    co_return names;
}

void Follower::Loop::finish_months() {
    const auto months = std::exchange(months_, nullptr);
    const bool failed = !months->outcome;
    const auto pause = (failed ? options_.months_again : options_.months_every).count();
    std::uniform_int_distribution<std::int64_t> jittered{pause - pause / 10, pause + pause / 10};
    const milliseconds next{jittered(random_)};
    months_at_ = steady_clock::now() + next;
    if (failed) {
        const bool again = std::exchange(months_failed_, true);
        observe_(observe::LedgerMonthsFailed{months->outcome.error(), next, again});
    } else {
        months_failed_ = false;
        observe_(observe::LedgerMonthsMade{*months->outcome});
    }
}

base::SteadyTime Follower::Loop::months_due() const {
    const bool wanted = relay_ && !months_ && options_.months_every.count() > 0;
    return wanted ? months_at_ : base::SteadyTime::max();
}

}  // namespace stockd::source
