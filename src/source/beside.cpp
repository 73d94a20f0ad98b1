#include "source/beside.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace stockd::source {

namespace net = boost::asio;
using std::chrono::steady_clock;

Follower::Loop::Task<> Follower::Loop::open_beside(
    pg::AsyncConnection& connection,
    std::string what,
    std::string settings,
    base::SteadyTime deadline
) {
    auto connected = co_await connection.connect(
        options_.database_url,
        options_.name + what,
        steady_clock::now() + options_.connect_timeout,
        server_
    );
    if (!connected) {
        co_return connected.error();
    }
    auto set = co_await connection.exec_script(std::move(settings), deadline);
    if (!set) {
        co_return set.error();
    }
    co_return base::Result<void>{};
}

net::awaitable<void> Follower::Loop::until_over(const bool& over) {
    while (!over) {
        pause_timer_.expires_after(milliseconds{1});
        boost::system::error_code ignored;
        co_await pause_timer_.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
}

}  // namespace stockd::source
