#pragma once

#include "cli/http_client.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

/// How the client reads an answer, apart from the socket that it comes from. Pure.
namespace stockd::cli {

using ResponseParser = boost::beast::http::response_parser<boost::beast::http::string_body>;

/// Sets the limits. Before the first byte.
void prepare(ResponseParser& parser);

/// REQUIRES: parser.is_done(). Leaves it without its body.
[[nodiscard]] HttpAnswer take_answer(ResponseParser& parser);

}  // namespace stockd::cli
