#include "csv/encoding.hpp"

#include <array>

namespace stockd::csv {

namespace {

/// Bytes 0x80 to 0x9F of windows-1252 as code points (specified: the WHATWG encoding standard's
/// index).
constexpr std::array<std::uint16_t, 32> kWindows1252High{
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

void append_code_point(std::string& out, std::uint32_t point) {
    // No code point of a one-byte encoding needs four bytes.
    if (point < 0x80) {
        out.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
        out.push_back(static_cast<char>(0xC0U | (point >> 6U)));
        out.push_back(static_cast<char>(0x80U | (point & 0x3FU)));
    } else {
        out.push_back(static_cast<char>(0xE0U | (point >> 12U)));
        out.push_back(static_cast<char>(0x80U | ((point >> 6U) & 0x3FU)));
        out.push_back(static_cast<char>(0x80U | (point & 0x3FU)));
    }
}

}  // namespace

std::optional<Encoding> parse_encoding(std::string_view name) noexcept {
    if (name == "utf-8" || name == "utf8" || name == "UTF-8" || name == "UTF8") {
        return Encoding::kUtf8;
    }
    if (name == "latin1" || name == "latin-1" || name == "iso-8859-1" || name == "ISO-8859-1") {
        return Encoding::kLatin1;
    }
    if (name == "windows-1252" || name == "cp1252" || name == "win1252") {
        return Encoding::kWindows1252;
    }
    return std::nullopt;
}

void append_as_utf8(std::string& out, std::string_view bytes, Encoding encoding) {
    if (encoding == Encoding::kUtf8) {
        out.append(bytes);
        return;
    }
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_special = encoding == Encoding::kWindows1252 && byte >= 0x80 && byte < 0xA0;
        append_code_point(out, is_special ? kWindows1252High[byte - 0x80U] : byte);
    }
}

}  // namespace stockd::csv
