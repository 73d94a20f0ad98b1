#pragma once

#include <cstddef>
#include <string_view>

namespace stockd::base {

/// In bytes, of the character that `text` begins with; 0 when that is none of UTF-8 (overlong
/// forms, surrogates and values above U+10FFFF included) or cut short. REQUIRES: text is not empty.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// Offset of the first byte that cannot be part of UTF-8. npos when all of it is UTF-8.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view bytes) noexcept;

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
    return find_invalid_utf8(text) == std::string_view::npos;
}

}  // namespace stockd::base
