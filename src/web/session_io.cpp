#include "web/session.hpp"
#include "web/worker.hpp"

#include <boost/asio/buffer.hpp>

#include <cstring>

/// The lower half of a session: bytes in, bytes out, time, the end.
namespace stockd::web {

namespace {

/// Buffers that grew beyond this for one answer are given back after it.
constexpr std::size_t kKeepMax = 256 * 1024;
/// A client that is still sending when it is refused must get to read the answer: closing at once
/// would reset the connection under it. Chosen: long enough for a body of some megabytes.
constexpr std::chrono::milliseconds kLinger{2000};
/// While the server stops, which is waiting for this.
constexpr std::chrono::milliseconds kLingerAtStop{200};
constexpr std::size_t kLingerBytesMax = 64 * 1024 * 1024;

}  // namespace

/// Sends what the socket takes without waiting. False: an error, and the connection is closed.
bool Session::send_now() {
    while (out_sent_ < out_.size()) {
        NetError error;
        out_sent_ += socket_.write_some(
            net::const_buffer(out_.data() + out_sent_, out_.size() - out_sent_), error
        );
        if (error == net::error::would_block || error == net::error::try_again) {
            return true;
        }
        if (error) {
            close();
            return false;
        }
    }
    out_.clear();
    out_sent_ = 0;
    release_memory();
    return true;
}

bool Session::flush() {
    if (!send_now()) {
        return false;
    }
    if (out_.empty()) {
        return true;
    }
    state_ = State::kWriting;
    deadline_ = std::chrono::steady_clock::now() + worker_.limits().write_timeout;
    is_op_pending_ = true;
    socket_.async_wait(Socket::wait_write, [this](const NetError& error) { on_writable(error); });
    return false;
}

void Session::on_writable(const NetError& error) {
    is_op_pending_ = false;
    if (state_ == State::kClosed) {
        worker_.retire(slot_);
        return;
    }
    if (error) {
        close();
        return;
    }
    state_ = State::kReading;
    guarded([this] {
        if (flush()) {
            advance();
        }
    });
}

void Session::read_more() {
    if (in_begin_ == in_end_) {
        in_begin_ = 0;
        in_end_ = 0;
        if (in_.size() > kKeepMax) {
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
    is_op_pending_ = true;
    socket_.async_read_some(
        net::mutable_buffer(in_.data() + in_end_, in_.size() - in_end_),
        [this](const NetError& error, std::size_t bytes) { on_read(error, bytes); }
    );
}

void Session::on_read(const NetError& error, std::size_t bytes) {
    is_op_pending_ = false;
    if (state_ == State::kClosed) {
        worker_.retire(slot_);
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
    if (now < deadline_) {
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
        case State::kWriting:
        case State::kLingering:
            close();
            return;
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
    out_.empty() ? linger() : close();
}

void Session::linger() {
    NetError ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    state_ = State::kLingering;
    deadline_ =
        std::chrono::steady_clock::now() + (worker_.is_stopping() ? kLingerAtStop : kLinger);
    if (!is_op_pending_) {
        read_to_discard();
    }
}

void Session::read_to_discard() {
    is_op_pending_ = true;
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
    NetError ignored;
    socket_.close(ignored);
    if (!is_op_pending_) {
        worker_.retire(slot_);
    }
}

void Session::release_memory() {
    if (out_.capacity() > kKeepMax) {
        out_.shrink_to_fit();
    }
    if (response_.body.capacity() > kKeepMax) {
        response_.body = {};
    }
}

}  // namespace stockd::web
