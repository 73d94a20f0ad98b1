#pragma once

#include "web/api_request.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stockd::web {

/// What is kept of a request while it is read. Its strings are reused from request to request.
struct IncomingRequest {
    Method method = Method::kOther;
    std::string target;
    std::string media_type;
    std::string host;
    std::string origin;  ///< of a POST; empty: no such header
    std::string request_id;
    std::string body;
    unsigned hosts = 0;
    bool is_http_10 = false;
    bool expects_continue = false;

    void reset();
};

/// Beast's parser, writing into an IncomingRequest: no container of fields, because four of them
/// matter.
class RequestParser : public boost::beast::http::basic_parser<true> {
  public:
    /// `into` must outlive the parser.
    RequestParser(IncomingRequest& into, std::size_t header_max, std::size_t body_max);

  private:
    using ErrorCode = boost::beast::error_code;
    using StringView = boost::beast::string_view;
    using Verb = boost::beast::http::verb;
    using Field = boost::beast::http::field;

    void on_request_impl(
        Verb verb, StringView method, StringView target, int version, ErrorCode& error
    ) override;
    void on_response_impl(int code, StringView reason, int version, ErrorCode& error) override;
    void on_field_impl(Field field, StringView name, StringView value, ErrorCode& error) override;
    void on_header_impl(ErrorCode& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) override;
    std::size_t on_body_impl(StringView body, ErrorCode& error) override;
    void on_chunk_header_impl(std::uint64_t size, StringView extensions, ErrorCode& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, StringView body, ErrorCode& error)
        override;
    void on_finish_impl(ErrorCode& error) override;

    IncomingRequest& into_;
};

/// What to answer to bytes that the parser refused.
[[nodiscard]] Problem problem_of_parse(const boost::beast::error_code& error);
[[nodiscard]] Problem header_too_large();
[[nodiscard]] Problem body_too_large();

}  // namespace stockd::web
