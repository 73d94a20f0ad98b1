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

/// Answers to pipelined requests are gathered up to here before they are sent. A larger one is sent
/// from where it was made.
constexpr std::size_t kGatherMax = 64 * 1024;

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

Problem too_much_unsent() {
    return {
        .status = 503,
        .code = "too_much_unsent",
        .message = "Too many bytes of answers wait for clients that do not take them",
        .hint = "Ask again later, or for less at a time: small answers are always given.",
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

void Session::give_up(const char* what) {
    worker_.shared().observer(observe::ExceptionCaught{
        .where = "web", .what = what, .correlation_id = incoming_.request_id});
    if (state_ == State::kClosed) {
        return;
    }
    try {
        // An answer may have been cut off in the middle; then there is no place for another.
        if (!has_unsent()) {
            static_cast<void>(refuse(internal_error()));
            if (!send_now()) {
                return;
            }
        }
    } catch (const std::exception&) {
        // Even the short answer failed: closing is all that is left.
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
        // A request that waits keeps its state: what is gathered before it goes beside the wait.
        const bool is_enough = out_.size() >= kGatherMax || !large_.empty();
        if (state_ == State::kReading && is_enough && !flush()) {
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
    answer_with(problem);
    append_response();
    return Parsed::kRefused;
}

void Session::answer_with(const Problem& problem) {
    exchange_->refuse(problem, response_);
    worker_.shared().observer(observe::RequestRefused{
        .reason = std::string{problem.code}, .correlation_id = incoming_.request_id});
}

bool Session::refuse_host() {
    if (worker_.shared().hosts.allows(incoming_.host)) {
        known_host_ = incoming_.host;
        return false;
    }
    answer_with(unknown_host(incoming_.host));
    return true;
}

void Session::handle() {
    handled_since_ = std::chrono::steady_clock::now();
    if (worker_.is_stopping() || !parser_->keep_alive()) {
        is_closing_ = true;
    }
    parser_.reset();
    is_request_begun_ = false;
    response_.reset();
    if (incoming_.host != known_host_ && refuse_host()) [[unlikely]] {
        append_response();
        return;
    }
    const Request request{
        .method = incoming_.method,
        .target = incoming_.target,
        .media_type = incoming_.media_type,
        .host = incoming_.host,
        .origin = incoming_.origin,
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
        // An answer of any size may have come to what was gathered: off with it before the next.
        if (state_ == State::kReading && flush()) {
            advance();
        }
    });
}

void Session::finish(Exchange::Outcome outcome) {
    if (outcome == Exchange::Outcome::kLater) {
        deadline_ = exchange_->deadline();
        // What is already answered must not wait with this one.
        if (send_now() && has_unsent()) {
            wait_to_write();
        }
        return;
    }
    wait_id_ = 0;
    state_ = State::kReading;
    append_response();
}

void Session::refuse_above_budget() {
    const auto unsent = worker_.shared().unsent_bytes.load(std::memory_order_relaxed);
    if (unsent < static_cast<std::int64_t>(worker_.limits().unsent_bytes_max)) {
        return;
    }
    const auto problem = too_much_unsent();
    const auto route = response_.route;
    response_.reset();
    response_.body.shrink_to_fit();
    response_.route = route;
    exchange_->refuse(problem, response_);
    worker_.shared().observer(observe::RequestRefused{
        .reason = std::string{problem.code}, .correlation_id = incoming_.request_id});
}

void Session::append_response() {
    const bool has_body = incoming_.method != Method::kHead;
    if (has_body && response_.body.size() > kGatherMax) [[unlikely]] {
        refuse_above_budget();
    }
    append_head(
        out_,
        response_,
        worker_.date(),
        {.close = is_closing_,
         .is_http_10 = incoming_.is_http_10,
         .request_id = incoming_.request_id}
    );
    if (has_body) {
        if (response_.body.size() > kGatherMax) [[unlikely]] {
            large_.swap(response_.body);  // It would be held twice.
        } else {
            out_ += response_.body;
        }
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

}  // namespace stockd::web
