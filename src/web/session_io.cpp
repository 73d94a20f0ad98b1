#include "web/session.hpp"
#include "web/worker.hpp"

#include <boost/asio/buffer.hpp>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

/// The lower half of a session: bytes in, bytes out, time, the end.
namespace stockd::web {

namespace {

/// A buffer that grew beyond this for one request or answer is given back after it.
constexpr std::size_t kKeepMax = 256 * 1024;
/// Of an idle connection. Chosen: an answer of one product in some tens of stores.
constexpr std::size_t kKeepIdle = 8 * 1024;
/// Chosen: longer than the pauses of a busy client.
constexpr std::chrono::milliseconds kIdleFor{1000};
/// Of the buffer that is read into, which cannot be changed while the next request is awaited.
/// Chosen: the largest header of the defaults.
constexpr std::size_t kKeepIn = 32 * 1024;
/// A client that is still sending when it is refused must get to read the answer: closing at once
/// would reset the connection under it. Chosen: long enough for a body of some megabytes.
constexpr std::chrono::milliseconds kLinger{2000};
/// While the server stops, which is waiting for this.
constexpr std::chrono::milliseconds kLingerAtStop{200};
constexpr std::size_t kLingerBytesMax = 64 * 1024 * 1024;

}  // namespace

std::size_t Session::send_some(NetError& error) {
    if (large_.empty()) [[likely]] {
        return socket_.write_some(
            net::const_buffer(out_.data() + out_sent_, out_.size() - out_sent_), error
        );
    }
    const auto of_out = std::min(out_sent_, out_.size());
    const auto of_large = out_sent_ - of_out;
    return socket_.write_some(
        std::array{
            net::const_buffer(out_.data() + of_out, out_.size() - of_out),
            net::const_buffer(large_.data() + of_large, large_.size() - of_large)},
        error
    );
}

/// Sends what the socket takes without waiting. False: an error, and the connection is closed.
bool Session::send_now() {
    const auto size = out_.size() + large_.size();
    while (out_sent_ < size) {
        NetError error;
        out_sent_ += send_some(error);
        if (error == net::error::would_block || error == net::error::try_again) {
            charge(size);
            return true;
        }
        if (error) {
            close();
            return false;
        }
    }
    drop_sent();
    return true;
}

void Session::drop_sent() {
    charge(0);
    out_.clear();
    out_sent_ = 0;
    if (!large_.empty()) {
        response_.body.swap(large_);
        response_.body.clear();
        large_.clear();
    }
    if (response_.body.capacity() > kKeepMax) {
        response_.body = {};
    }
}

/// The memory is held until all of it is sent, so all of it counts until then.
void Session::charge(std::size_t bytes) {
    if (bytes != charged_) {
        const auto more = static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(charged_);
        worker_.shared().unsent_bytes.fetch_add(more, std::memory_order_relaxed);
        charged_ = bytes;
    }
}

bool Session::flush() {
    if (!send_now()) {
        return false;
    }
    if (!has_unsent()) {
        return true;
    }
    state_ = State::kWriting;
    wait_to_write();
    return false;
}

void Session::wait_to_write() {
    untaken_ = untaken_by_client();
    write_deadline_ = std::chrono::steady_clock::now() + worker_.limits().write_timeout;
    if (!std::exchange(is_write_pending_, true)) {
        socket_.async_wait(Socket::wait_write, [this](const NetError& error) {
            on_writable(error);
        });
    }
}

/// What the client's machine has not confirmed: of the kernel's bytes, and of ours.
std::size_t Session::untaken_by_client() {
    int in_kernel = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &in_kernel) != 0) {
        in_kernel = 0;
    }
    return static_cast<std::size_t>(in_kernel) + out_.size() + large_.size() - out_sent_;
}

void Session::on_writable(const NetError& error) {
    is_write_pending_ = false;
    if (state_ == State::kClosed) {
        retire_if_quiet();
        return;
    }
    if (error) {
        close();
        return;
    }
    if (state_ == State::kWaiting) {
        if (send_now() && has_unsent()) {
            wait_to_write();
        }
        return;
    }
    // In any other state the end of a wait has sent the rest already.
    if (state_ == State::kWriting) {
        state_ = State::kReading;
        guarded([this] {
            if (flush()) {
                advance();
            }
        });
    }
}

void Session::read_more() {
    if (in_begin_ == in_end_) {
        in_begin_ = 0;
        in_end_ = 0;
        if (in_.size() > kKeepIn) {
            in_ = std::vector<char>(kInitialIn);
        }
        if (!is_request_begun_ && has_served_) {
            deadline_ = answered_at_ + worker_.limits().idle_timeout;
        }
    } else if (in_begin_ != 0) {
        std::memmove(in_.data(), in_.data() + in_begin_, in_end_ - in_begin_);
        in_end_ -= in_begin_;
        in_begin_ = 0;
    }
    if (in_end_ == in_.size()) {
        in_.resize(in_.size() * 2);
    }
    is_read_pending_ = true;
    socket_.async_read_some(
        net::mutable_buffer(in_.data() + in_end_, in_.size() - in_end_),
        [this](const NetError& error, std::size_t bytes) { on_read(error, bytes); }
    );
}

void Session::on_read(const NetError& error, std::size_t bytes) {
    is_read_pending_ = false;
    if (state_ == State::kClosed) {
        retire_if_quiet();
        return;
    }
    if (error) {
        close();
        return;
    }
    if (state_ == State::kLingering) {
        lingered_bytes_ += bytes;
        lingered_bytes_ > kLingerBytesMax ? close() : read_to_discard();
        return;
    }
    in_end_ += bytes;
    guarded([this] { advance(); });
}

void Session::check_deadline(base::SteadyTime now) {
    if (is_write_pending_ && has_unsent() && now >= write_deadline_) {
        // The socket is writable again only when much of its buffer is free: a slow client may have
        // taken some.
        if (untaken_by_client() >= untaken_) {
            close();
            return;
        }
        wait_to_write();
    }
    if (now < deadline_) {
        release_when_idle(now);
        return;
    }
    switch (state_) {
        case State::kReading:
            if (is_request_begun_) {
                guarded([this] { time_out_request(); });
            } else {
                close();
            }
            return;
        case State::kWaiting:
            resume(
                wait_id_,
                base::Error{
                    .code = base::ErrorCode::kTimeout,
                    .message = "The database did not answer in time",
                    .detail = {},
                    .hint = "What was asked for may still happen.",
                    .sqlstate = {},
                }
            );
            return;
        case State::kLingering:
            close();
            return;
        case State::kWriting:  // write_deadline_, above
        case State::kClosed:
            return;
    }
}

/// While the read for the rest of the request is outstanding: that read goes on as the lingering
/// one.
void Session::time_out_request() {
    static_cast<void>(refuse({
        .status = 408,
        .code = "request_timeout",
        .message = "The request did not come to its end in time",
        .hint = "Send the whole request at once.",
        .detail = {},
        .allow = {},
    }));
    if (!send_now()) {
        return;
    }
    has_unsent() ? close() : linger();
}

void Session::linger() {
    NetError ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    state_ = State::kLingering;
    deadline_ =
        std::chrono::steady_clock::now() + (worker_.is_stopping() ? kLingerAtStop : kLinger);
    if (!is_read_pending_) {
        read_to_discard();
    }
}

void Session::read_to_discard() {
    is_read_pending_ = true;
    socket_.async_read_some(
        net::mutable_buffer(in_.data(), in_.size()),
        [this](const NetError& error, std::size_t bytes) { on_read(error, bytes); }
    );
}

void Session::stop_when_idle() {
    const bool is_idle = state_ == State::kReading && !is_request_begun_;
    NetError error;
    if (is_idle && socket_.available(error) == 0) {
        close();
    }
}

void Session::force_stop() {
    if (state_ == State::kWaiting) {
        resume(
            wait_id_,
            base::Error{
                .code = base::ErrorCode::kUnavailable,
                .message = "The server is stopping",
                .detail = {},
                .hint = "Ask again when it is back.",
                .sqlstate = {},
            }
        );
    }
    close();
}

void Session::close() {
    if (state_ == State::kClosed) {
        return;
    }
    if (state_ == State::kWaiting) {
        exchange_->abandon();
    }
    state_ = State::kClosed;
    charge(0);
    NetError ignored;
    socket_.close(ignored);
    retire_if_quiet();
}

void Session::retire_if_quiet() {
    if (!is_read_pending_ && !is_write_pending_) {
        worker_.retire(slot_);
    }
}

/// A busy connection keeps its buffers, so that its requests allocate nothing; of many idle ones
/// they would be much.
void Session::release_when_idle(base::SteadyTime now) {
    const bool is_idle = state_ == State::kReading && !is_request_begun_ && !has_unsent();
    if (!is_idle || !has_served_ || now < answered_at_ + kIdleFor) {
        return;
    }
    for (auto* const buffer : {&out_, &large_, &response_.body}) {
        if (buffer->capacity() > kKeepIdle) {
            buffer->clear();
            buffer->shrink_to_fit();
        }
    }
}

}  // namespace stockd::web
