#include "source/loop.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <boost/asio/co_spawn.hpp>

#include <utility>

namespace stockd::source {

namespace net = boost::asio;
using std::chrono::steady_clock;

void Follower::Loop::start_months() {
    months_ = std::make_shared<Months>(io_.get_executor());
    const auto take = [](std::shared_ptr<Months> months, Loop* loop) -> net::awaitable<void> {
        months->outcome = co_await loop->make_months(months);
    };
    net::co_spawn(
        io_,
        take(months_, this),
        [this, months = months_](const std::exception_ptr& failure) {
            if (failure) {
                months->outcome = base::Error{
                    base::ErrorCode::kInternal,
                    "making months ended with an exception",
                    {},
                    {},
                    {}};
            }
            months->over = true;
            months->connection.close();
            wake();
            pause_timer_.cancel();
        }
    );
}

Follower::Loop::Task<std::vector<std::string>> Follower::Loop::make_months(
    std::shared_ptr<Months> months
) {
    if (months_ != months) {
        co_return base::Error{base::ErrorCode::kUnavailable, "dropped", {}, {}, {}};
    }
    auto& m = months->connection;
    auto connected = co_await m.connect(
        options_.database_url,
        options_.name + " months",
        steady_clock::now() + options_.connect_timeout
    );
    if (!connected) {
        co_return connected.error();
    }
    auto set = co_await m.exec_script(months_settings(), statement_deadline());
    if (!set) {
        co_return set.error();
    }
    auto rows = co_await m.exec_script(sql::kMakeMonths, statement_deadline());
    if (!rows) {
        co_return rows.error();
    }
    std::vector<std::string> names;
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

/// The session is over.
net::awaitable<void> Follower::Loop::drop_months() {
    const auto months = std::exchange(months_, nullptr);
    if (months) {
        months->connection.abort();
        co_await until_over(months->over);
    }
}

base::SteadyTime Follower::Loop::months_due() const {
    const bool wanted = relay_ && !months_ && options_.months_every.count() > 0;
    return wanted ? months_at_ : base::SteadyTime::max();
}

}  // namespace stockd::source
