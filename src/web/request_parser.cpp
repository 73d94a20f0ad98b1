#include "web/request_parser.hpp"

#include <boost/beast/core/string.hpp>

namespace stockd::web {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t kRequestIdMax = 64;

/// Goes into logs and back into a header, so only what is harmless in both.
bool is_request_id(std::string_view text) {
    if (text.empty() || text.size() > kRequestIdMax) {
        return false;
    }
    for (const char c : text) {
        const bool is_harmless = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                 (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
        if (!is_harmless) {
            return false;
        }
    }
    return true;
}

}  // namespace

void IncomingRequest::reset() {
    method = Method::kOther;
    target.clear();
    media_type.clear();
    host.clear();
    origin.clear();
    request_id.clear();
    body.clear();
    hosts = 0;
    is_http_10 = false;
    expects_continue = false;
}

RequestParser::RequestParser(IncomingRequest& into, std::size_t header_max, std::size_t body_max)
    : into_(into) {
    into_.reset();
    eager(true);
    header_limit(static_cast<std::uint32_t>(header_max));
    body_limit(body_max);
}

void RequestParser::on_request_impl(
    Verb verb, StringView /*method*/, StringView target, int version, ErrorCode& /*error*/
) {
    into_.method = verb == http::verb::get    ? Method::kGet
                   : verb == http::verb::head ? Method::kHead
                   : verb == http::verb::post ? Method::kPost
                                              : Method::kOther;
    into_.target.assign(target.data(), target.size());
    into_.is_http_10 = version == 10;
}

void RequestParser::on_response_impl(int, StringView, int, ErrorCode&) {}

void RequestParser::on_field_impl(
    Field field, StringView name, StringView value, ErrorCode& /*error*/
) {
    switch (field) {
        case Field::host:
            ++into_.hosts;
            into_.host.assign(value.data(), value.size());
            break;
        case Field::origin:
            if (into_.method == Method::kPost) {
                into_.origin.assign(value.data(), value.size());
            }
            break;
        case Field::content_type:
            into_.media_type.assign(value.data(), value.size());
            break;
        case Field::expect:
            into_.expects_continue = boost::beast::iequals(value, "100-continue");
            break;
        case Field::unknown:
            if (boost::beast::iequals(name, "X-Request-Id") &&
                is_request_id({value.data(), value.size()})) {
                into_.request_id.assign(value.data(), value.size());
            }
            break;
        default:
            break;
    }
}

void RequestParser::on_header_impl(ErrorCode&) {}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) {}

std::size_t RequestParser::on_body_impl(StringView body, ErrorCode& /*error*/) {
    into_.body.append(body.data(), body.size());
    return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, StringView, ErrorCode&) {}

std::size_t RequestParser::on_chunk_body_impl(
    std::uint64_t /*remain*/, StringView body, ErrorCode& /*error*/
) {
    into_.body.append(body.data(), body.size());
    return body.size();
}

void RequestParser::on_finish_impl(ErrorCode&) {}

Problem header_too_large() {
    return {
        .status = 431,
        .code = "header_too_large",
        .message = "The request line and headers are too large",
        .hint = "Ask for fewer products at once, or send fewer headers.",
        .detail = {},
        .allow = {},
    };
}

Problem body_too_large() {
    return {
        .status = 413,
        .code = "body_too_large",
        .message = "The body is too large",
        .hint = "The only body that is read here is an action of a few bytes.",
        .detail = {},
        .allow = {},
    };
}

Problem problem_of_parse(const boost::beast::error_code& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return header_too_large();
    }
    if (error == http::error::body_limit) {
        return body_too_large();
    }
    if (error == http::error::bad_version) {
        return {
            .status = 505,
            .code = "http_version",
            .message = "This server speaks HTTP/1.1 and HTTP/1.0, in lines that end in CR LF",
            .hint = "Ask with HTTP/1.1, without TLS.",
            .detail = {},
            .allow = {},
        };
    }
    return {
        .status = 400,
        .code = "bad_http",
        .message = "The request is not well-formed HTTP: " + error.message(),
        .hint = "Compare it with what curl -v sends.",
        .detail = {},
        .allow = {},
    };
}

}  // namespace stockd::web
