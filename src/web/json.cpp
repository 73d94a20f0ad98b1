#include "web/json.hpp"

#include <array>
#include <charconv>

namespace stockd::web {

namespace {

constexpr bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

constexpr std::array<bool, 256> kNeedsEscape = [] {
    std::array<bool, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        table[i] = needs_escape(static_cast<char>(i));
    }
    return table;
}();

void append_escape(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        default:
            break;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    out += '"';
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (kNeedsEscape[static_cast<unsigned char>(text[i])]) [[unlikely]] {
            out.append(text, from, i - from);
            append_escape(out, text[i]);
            from = i + 1;
        }
    }
    out.append(text, from);
    out += '"';
}

void append_json(std::string& out, std::int64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_json(std::string& out, bool value) {
    out += value ? std::string_view{"true"} : std::string_view{"false"};
}

void append_json(std::string& out, base::Timestamp time) {
    out += '"';
    base::append_iso8601(out, time);
    out += '"';
}

}  // namespace stockd::web
