#include "web/query.hpp"

#include "base/utf8.hpp"

#include <charconv>

namespace stockd::web {

namespace {

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

constexpr std::string_view kCursorMark = "c1";

}  // namespace

std::optional<Target> split_target(std::string_view target) noexcept {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.starts_with(scheme)) {
            const auto slash = target.find('/', scheme.size());
            target = slash == std::string_view::npos ? "/" : target.substr(slash);
            break;
        }
    }
    if (!target.starts_with('/')) {
        return std::nullopt;
    }
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) {
        return Target{target, {}};
    }
    return Target{target.substr(0, mark), target.substr(mark + 1)};
}

DecodeResult percent_decode(std::string_view text, Plus plus, std::string& out) {
    out.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return DecodeResult::kBadEscape;
            }
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus == Plus::kSpace) {
            c = ' ';
        }
        if (c == '\0') {
            return DecodeResult::kNul;
        }
        out += c;
    }
    return base::is_utf8(out) ? DecodeResult::kOk : DecodeResult::kNotUtf8;
}

std::string describe_decode(DecodeResult result, std::string_view what) {
    std::string text{what};
    switch (result) {
        case DecodeResult::kBadEscape:
            return text += " holds a '%' without two hexadecimal digits";
        case DecodeResult::kNul:
            return text += " holds a NUL character";
        case DecodeResult::kNotUtf8:
            return text += " is not UTF-8";
        case DecodeResult::kOk:
            break;
    }
    return text += " is fine";
}

std::optional<QueryReader::Parameter> QueryReader::next() noexcept {
    while (!rest_.empty()) {
        const auto end = rest_.find('&');
        const auto piece = rest_.substr(0, end);
        rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
        if (piece.empty()) {
            continue;
        }
        const auto equals = piece.find('=');
        if (equals == std::string_view::npos) {
            return Parameter{piece, std::nullopt};
        }
        return Parameter{piece.substr(0, equals), piece.substr(equals + 1)};
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [ptr, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || ptr != end) {
        return std::nullopt;
    }
    return value;
}

std::string make_cursor(std::string_view last_sku) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out{kCursorMark};
    for (const char c : last_sku) {
        const auto byte = static_cast<unsigned char>(c);
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xFU];
    }
    return out;
}

std::optional<std::string> parse_cursor(std::string_view text) {
    if (!text.starts_with(kCursorMark) || text.size() % 2 != 0) {
        return std::nullopt;
    }
    text.remove_prefix(kCursorMark.size());
    std::string sku;
    sku.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        sku += static_cast<char>(high * 16 + low);
    }
    if (sku.empty() || !base::is_utf8(sku) || sku.find('\0') != std::string::npos) {
        return std::nullopt;
    }
    return sku;
}

}  // namespace stockd::web
