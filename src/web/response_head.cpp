#include "web/response_head.hpp"

#include "web/json.hpp"

#include <array>

namespace stockd::web {

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "";
    }
}

std::string_view DateHeader::at(std::time_t now) {
    if (now == second_) {
        return text_;
    }
    constexpr std::array<std::string_view, 7> kDays{
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr int kFirstYear = 1900;
    std::tm utc{};
    gmtime_r(&now, &utc);
    const auto append_two = [this](int number) {
        text_ += static_cast<char>('0' + number / 10 % 10);
        text_ += static_cast<char>('0' + number % 10);
    };
    // By hand, because strftime writes names in the process's locale.
    text_.clear();
    text_ += kDays.at(static_cast<std::size_t>(utc.tm_wday));
    text_ += ", ";
    append_two(utc.tm_mday);
    text_ += ' ';
    text_ += kMonths.at(static_cast<std::size_t>(utc.tm_mon));
    text_ += ' ';
    append_json(text_, static_cast<std::int64_t>(utc.tm_year + kFirstYear));
    text_ += ' ';
    append_two(utc.tm_hour);
    text_ += ':';
    append_two(utc.tm_min);
    text_ += ':';
    append_two(utc.tm_sec);
    text_ += " GMT";
    second_ = now;
    return text_;
}

void append_head(
    std::string& out,
    const Response& response,
    std::string_view date,
    const ConnectionState& connection
) {
    if (response.status == 200) [[likely]] {
        out += "HTTP/1.1 200 OK\r\nDate: ";
    } else {
        out += "HTTP/1.1 ";
        append_json(out, static_cast<std::int64_t>(response.status));
        out += ' ';
        out += reason_phrase(response.status);
        out += "\r\nDate: ";
    }
    out += date;
    out += "\r\nContent-Type: ";
    out += response.content_type;
    out += "\r\nContent-Length: ";
    append_json(out, static_cast<std::int64_t>(response.body.size()));
    out += "\r\nCache-Control: no-store\r\n";
    if (response.has_freshness) {
        out += "Stockd-Position: ";
        out += response.position;
        if (response.age_ms) {
            out += "\r\nStockd-Age-Ms: ";
            append_json(out, *response.age_ms);
        }
        out += response.stale ? std::string_view{"\r\nStockd-Stale: true\r\n"}
                              : std::string_view{"\r\nStockd-Stale: false\r\n"};
    }
    if (!response.allow.empty()) {
        out += "Allow: ";
        out += response.allow;
        out += "\r\n";
    }
    if (!connection.request_id.empty()) {
        out += "X-Request-Id: ";
        out += connection.request_id;
        out += "\r\n";
    }
    if (connection.close) {
        out += "Connection: close\r\n";
    } else if (connection.is_http_10) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

}  // namespace stockd::web
