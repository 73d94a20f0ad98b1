#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Pure functions over bytes; any thread.
namespace stockd::csv {

enum class Encoding : std::uint8_t { kUtf8, kLatin1, kWindows1252 };

/// "utf-8", "latin1", "windows-1252" and their usual other spellings; anything else is nothing.
[[nodiscard]] std::optional<Encoding> parse_encoding(std::string_view name) noexcept;

/// Appends `bytes` as UTF-8. The five bytes that windows-1252 leaves undefined become the control
/// characters of latin1.
void append_as_utf8(std::string& out, std::string_view bytes, Encoding encoding);

}  // namespace stockd::csv
