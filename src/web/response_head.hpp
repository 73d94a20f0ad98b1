#pragma once

#include "web/exchange.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace stockd::web {

/// "OK", "Not Found", ...; empty for a status that is never sent here.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// "Thu, 01 Jan 1970 00:00:00 GMT", made again only when the second changes. One thread.
class DateHeader {
  public:
    [[nodiscard]] std::string_view at(std::time_t now);

  private:
    std::time_t second_ = -1;
    std::string text_;
};

/// How the connection goes on after this answer.
struct ConnectionState {
    bool close = false;
    bool is_http_10 = false;
    std::string_view request_id;  ///< sent back as X-Request-Id; empty: no such header
};

/// Status line and headers, to the empty line. The Content-Length is that of out.body, also for
/// HEAD.
void append_head(
    std::string& out,
    const Response& response,
    std::string_view date,
    const ConnectionState& connection
);

}  // namespace stockd::web
