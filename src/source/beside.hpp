#pragma once

#include "source/loop.hpp"

#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <utility>

namespace stockd::source {

template <class Work, class Outcome>
boost::asio::awaitable<void> Follower::Loop::run_beside(
    std::shared_ptr<Work> work, Task<Outcome> (Loop::*task)(std::shared_ptr<Work>)
) {
    work->outcome = co_await (this->*task)(work);
}

template <class Work, class Outcome>
void Follower::Loop::spawn_beside(
    std::shared_ptr<Work> work,
    Task<Outcome> (Loop::*task)(std::shared_ptr<Work>),
    const char* failed
) {
    boost::asio::co_spawn(
        io_,
        run_beside(work, task),
        [this, work, failed](const std::exception_ptr& failure) {
            if (failure) {
                work->outcome = base::Error{base::ErrorCode::kInternal, failed, {}, {}, {}};
            }
            work->over = true;
            work->connection.close();
            wake();
            pause_timer_.cancel();
        }
    );
}

template <class Work>
boost::asio::awaitable<void> Follower::Loop::drop_beside(std::shared_ptr<Work>& held) {
    const auto work = std::exchange(held, nullptr);
    if (work) {
        work->connection.abort();
        co_await until_over(work->over);
    }
}

}  // namespace stockd::source
