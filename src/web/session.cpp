#include "web/session.hpp"

#include "web/worker.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace stockd::web {

namespace {

namespace http = boost::beast::http;

/// Measured: a request of curl, wrk or a browser's fetch() is 50 to 700 bytes.
constexpr std::size_t kInitialIn = 2048;
/// Answers to pipelined requests are gathered up to here before they are sent.
constexpr std::size_t kGatherMax = 64 * 1024;
/// Buffers that grew beyond this for one answer are given back after it.
constexpr std::size_t kKeepMax = 256 * 1024;
/// A client that is still sending when it is refused must get to read the answer: closing at once
/// would reset the connection under it. Chosen: long enough for a body of some megabytes.
constexpr std::chrono::milliseconds kLinger{2000};
/// While the server stops, which is waiting for this.
constexpr std::chrono::milliseconds kLingerAtStop{200};
constexpr std::size_t kLingerBytesMax = 64 * 1024 * 1024;

Problem internal_error() {
    return {
        .status = 500,
        .code = "internal",
        .message = "The server could not answer this request",
        .hint = "The log says why.",
        .detail = {},
        .allow = {},
    };
}

Problem no_host() {
    return bad_request(
        "The request has no Host header, or more than one", "HTTP/1.1 wants exactly one."
    );
}

}  // namespace

Session::Session(
    Worker& worker, std::size_t slot, Socket socket, std::unique_ptr<Exchange> exchange
)
    : worker_(worker),
      slot_(slot),
      socket_(std::move(socket)),
      exchange_(std::move(exchange)) {
    make_completion_ = [this]() -> Exchange::Completion {
        wait_id_ = worker_.next_wait_id();
        return [mailbox = worker_.mailbox(), slot = slot_, id = wait_id_](base::Result<void> result
               ) { mailbox->deliver(slot, id, std::move(result)); };
    };
}

Session::~Session() = default;

void Session::start() {
    deadline_ = std::chrono::steady_clock::now() + worker_.limits().request_timeout;
    in_.resize(kInitialIn);
    read_more();
}

void Session::turn_away(const Problem& problem) {
    in_.resize(kInitialIn);
    static_cast<void>(refuse(problem));
    if (flush()) {
        linger();
    }
}

template <class Step>
void Session::guarded(Step step) {
    try {
        step();
    } catch (const std::exception& error) {
        give_up(error.what());
    }
}

void Session::give_up(const char* what) {
    worker_.shared().observer(observe::ExceptionCaught{
        .where = "web", .what = what, .correlation_id = incoming_.request_id});
    if (state_ == State::kClosed) {
        return;
    }
    try {
        // An answer may have been cut off in the middle; then there is no place for another.
        if (out_.empty()) {
            static_cast<void>(refuse(internal_error()));
            if (!send_now()) {
                return;
            }
        }
    } catch (const std::exception&) {
        out_.clear();  // Even the short answer failed: closing is all that is left.
    }
    close();
}

void Session::advance() {
    while (state_ == State::kReading) {
        if (is_closing_) {
            if (flush()) {
                linger();
            }
            return;
        }
        switch (parse()) {
            case Parsed::kNeedMore:
                if (flush()) {
                    read_more();
                }
                return;
            case Parsed::kRefused:
                break;
            case Parsed::kRequest:
                handle();
                break;
        }
        if (out_.size() >= kGatherMax && !flush()) {
            return;
        }
    }
}

std::size_t Session::request_bytes_max() const {
    // A chunked body may wrap each byte into a chunk of its own, which is six times its size.
    constexpr std::size_t kChunkOverhead = 8;
    return worker_.limits().header_bytes_max + kChunkOverhead * worker_.limits().body_bytes_max;
}

Session::Parsed Session::parse() {
    if (in_begin_ == in_end_) {
        return Parsed::kNeedMore;
    }
    const Limits& limits = worker_.limits();
    if (!parser_) {
        begin_request();
    }
    // Beast limits only what it cannot parse yet, not the fields that it takes one by one; so no
    // more is given to it than a header may have, until the header is whole.
    bool has_header = parser_->is_header_done();
    while (true) {
        const auto available = in_end_ - in_begin_;
        const auto room = has_header ? available : limits.header_bytes_max - request_bytes_;
        const auto offered = std::min(available, room);
        boost::beast::error_code error;
        const auto used = parser_->put(net::const_buffer(in_.data() + in_begin_, offered), error);
        in_begin_ += used;
        request_bytes_ += used;
        if (error && error != http::error::need_more) {
            return refuse(problem_of_parse(error));
        }
        if (parser_->is_done()) {
            const bool has_host = incoming_.hosts == 1 || incoming_.is_http_10;
            return has_host ? Parsed::kRequest : refuse(no_host());
        }
        const bool had_header = std::exchange(has_header, parser_->is_header_done());
        if (!has_header && offered == room) {
            return refuse(header_too_large());
        }
        if (had_header || !has_header || offered == available) {
            break;
        }
    }
    if (request_bytes_ + (in_end_ - in_begin_) > request_bytes_max()) {
        return refuse(body_too_large());
    }
    if (has_header && incoming_.expects_continue && !is_continue_sent_) {
        is_continue_sent_ = true;
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    return Parsed::kNeedMore;
}

void Session::begin_request() {
    const Limits& limits = worker_.limits();
    parser_.emplace(incoming_, limits.header_bytes_max, limits.body_bytes_max);
    is_request_begun_ = true;
    is_continue_sent_ = false;
    request_bytes_ = 0;
    deadline_ = std::chrono::steady_clock::now() + limits.request_timeout;
}

Session::Parsed Session::refuse(const Problem& problem) {
    handled_since_ = std::chrono::steady_clock::now();
    is_closing_ = true;
    response_.reset();
    exchange_->refuse(problem, response_);
    worker_.shared().observer(observe::RequestRefused{
        .reason = std::string{problem.code}, .correlation_id = incoming_.request_id});
    append_response();
    return Parsed::kRefused;
}

void Session::handle() {
    handled_since_ = std::chrono::steady_clock::now();
    if (worker_.is_stopping() || !parser_->keep_alive()) {
        is_closing_ = true;
    }
    parser_.reset();
    is_request_begun_ = false;
    response_.reset();
    const Request request{
        .method = incoming_.method,
        .target = incoming_.target,
        .media_type = incoming_.media_type,
        .body = incoming_.body,
        .limits = worker_.limits(),
    };
    state_ = State::kWaiting;
    finish(exchange_->start(request, response_, make_completion_));
}

void Session::resume(std::uint64_t wait_id, const base::Result<void>& result) {
    if (state_ != State::kWaiting || wait_id != wait_id_) {
        return;
    }
    if (worker_.is_stopping()) {
        is_closing_ = true;
    }
    guarded([&] {
        response_.reset();
        finish(exchange_->resume(result, response_, make_completion_));
        advance();
    });
}

void Session::finish(Exchange::Outcome outcome) {
    if (outcome == Exchange::Outcome::kLater) {
        deadline_ = exchange_->deadline();
        // What is already answered must not wait with this one. If the socket takes none of it now,
        // it goes along later.
        static_cast<void>(send_now());
        return;
    }
    wait_id_ = 0;
    state_ = State::kReading;
    append_response();
}

void Session::append_response() {
    append_head(
        out_,
        response_,
        worker_.date(),
        {.close = is_closing_,
         .is_http_10 = incoming_.is_http_10,
         .request_id = incoming_.request_id}
    );
    if (incoming_.method != Method::kHead) {
        out_ += response_.body;
    }
    has_served_ = true;
    answered_at_ = std::chrono::steady_clock::now();
    worker_.shared().observer(observe::RequestServed{
        .route = response_.route,
        .status = static_cast<std::uint16_t>(response_.status),
        .duration = answered_at_ - handled_since_,
        .target = incoming_.target,
        .correlation_id = incoming_.request_id,
    });
}

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
    if (in_.size() > kKeepMax && in_begin_ == in_end_) {
        in_.resize(kInitialIn);
        in_.shrink_to_fit();
    }
}

}  // namespace stockd::web
