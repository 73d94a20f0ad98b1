#include "web/worker.hpp"

#include "web/session.hpp"

#include <boost/asio/post.hpp>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <utility>

namespace stockd::web {

namespace {

/// Beyond connections_max so many are told why; more are closed without a word.
constexpr std::int64_t kTurnedAwayMax = 64;

/// The kernel takes no more of an answer than this beyond what the network has taken: a client that
/// reads nothing holds little memory there, and one that reads slowly is seen to read. Chosen: at
/// 1 Gbit/s a worker has two milliseconds to come back with more.
constexpr int kNotSentMax = 256 * 1024;

constexpr std::chrono::milliseconds kTickMin{5};
constexpr std::chrono::milliseconds kTickMax{250};

Problem too_many_connections() {
    return {
        .status = 503,
        .code = "too_many_connections",
        .message = "The server has as many connections as it takes",
        .hint = "Keep connections and reuse them; the limit is a setting.",
        .detail = {},
        .allow = {},
    };
}

}  // namespace

void Mailbox::deliver(std::size_t slot, std::uint64_t wait_id, base::Result<void> result) {
    const std::lock_guard lock{mutex_};
    if (worker_ == nullptr) {
        return;
    }
    net::post(worker_->io(), [worker = worker_, slot, wait_id, result = std::move(result)] {
        worker->resume(slot, wait_id, result);
    });
}

void Mailbox::close() {
    const std::lock_guard lock{mutex_};
    worker_ = nullptr;
}

Worker::Worker(ServerShared& shared, const Limits& limits)
    : shared_(shared),
      ticker_(io_),
      limits_(limits),
      mailbox_(std::make_shared<Mailbox>(*this)) {}

Worker::~Worker() {
    mailbox_->close();
    join();
}

void Worker::start(std::string thread_name) {
    arm_ticker();
    thread_ = std::thread{[this, name = std::move(thread_name)] {
        pthread_setname_np(pthread_self(), name.c_str());
        run();
    }};
}

void Worker::join() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Worker::run() {
    while (true) {
        try {
            io_.run();
            return;
        } catch (const std::exception& error) {
            shared_.observer(observe::ExceptionCaught{
                .where = "web", .what = error.what(), .correlation_id = {}});
        }
    }
}

void Worker::adopt(Socket socket) {
    net::post(io_, [this, socket = std::move(socket)]() mutable { insert(std::move(socket)); });
}

void Worker::set_limits(const Limits& limits) {
    net::post(io_, [this, limits] { limits_ = limits; });
}

void Worker::begin_stop(base::SteadyTime deadline) {
    net::post(io_, [this, deadline] {
        is_stopping_ = true;
        stop_deadline_ = deadline;
        for (std::size_t slot = 0; slot < sessions_.size(); ++slot) {
            if (sessions_[slot]) {
                sessions_[slot]->stop_when_idle();
            }
        }
        stop_if_done();
    });
}

std::string_view Worker::date() {
    return date_.at(std::time(nullptr));
}

void Worker::insert(Socket socket) {
    NetError ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(Tcp::no_delay{true}, ignored);
    ::setsockopt(
        socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentMax, sizeof kNotSentMax
    );
    const auto max = static_cast<std::int64_t>(limits_.connections_max);
    const auto count = shared_.connections.load(std::memory_order_relaxed);
    if (is_stopping_ || count >= max + kTurnedAwayMax) {
        return;
    }
    if (free_.empty()) {
        free_.push_back(sessions_.size());
        sessions_.emplace_back();
        free_.reserve(sessions_.capacity());
    }
    const auto slot = free_.back();
    sessions_[slot] =
        std::make_unique<Session>(*this, slot, std::move(socket), shared_.service.make_exchange());
    free_.pop_back();
    shared_.connections.fetch_add(1, std::memory_order_relaxed);
    if (count >= max) {
        sessions_[slot]->turn_away(too_many_connections());
    } else {
        sessions_[slot]->start();
    }
}

void Worker::retire(std::size_t slot) {
    if (!sessions_[slot]) {
        return;
    }
    retired_.push_back(std::move(sessions_[slot]));
    free_.push_back(slot);
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    stop_if_done();
}

void Worker::resume(std::size_t slot, std::uint64_t wait_id, const base::Result<void>& result) {
    if (slot < sessions_.size() && sessions_[slot]) {
        sessions_[slot]->resume(wait_id, result);
    }
}

void Worker::arm_ticker() {
    // A quarter of the shortest time-out, so that none is much longer than it says.
    const auto shortest =
        std::min({limits_.request_timeout, limits_.idle_timeout, limits_.write_timeout});
    ticker_.expires_after(std::clamp(shortest / 4, kTickMin, kTickMax));
    ticker_.async_wait([this](const NetError& error) {
        if (!error) {
            tick();
        }
    });
}

void Worker::tick() {
    arm_ticker();
    retired_.clear();
    const auto now = std::chrono::steady_clock::now();
    const bool is_forced = is_stopping_ && now >= stop_deadline_;
    for (std::size_t slot = 0; slot < sessions_.size(); ++slot) {
        if (!sessions_[slot]) {
            continue;
        }
        if (is_forced) {
            sessions_[slot]->force_stop();
        } else {
            sessions_[slot]->check_deadline(now);
        }
    }
    stop_if_done();
}

void Worker::stop_if_done() {
    if (!is_stopping_) {
        return;
    }
    const bool is_empty = free_.size() == sessions_.size();
    if (is_empty) {
        io_.stop();
    }
}

}  // namespace stockd::web
