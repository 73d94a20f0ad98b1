#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

/// What a fuzz target is made of. libFuzzer calls LLVMFuzzerTestOneInput; replay.cpp does the same
/// with kept inputs, in every build.
// NOLINTNEXTLINE(readability-identifier-naming): the library's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace stockd::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are what text is made of.
    return {reinterpret_cast<const char*>(data), size};
}

/// A property that every input must have.
inline void require(bool holds, const char* property) {
    if (!holds) {
        std::cerr << "property does not hold: " << property << std::endl;
        std::abort();
    }
}

/// Up to the end of the line, which is passed over.
inline std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return line;
}

/// Sizes of pieces, from 1 to 16, that follow from the input alone: a kept input stays a plain
/// file, and a replay cuts where the run did.
class Cuts {
  public:
    explicit Cuts(std::string_view seed) {
        for (const char c : seed) {
            state_ = (state_ ^ static_cast<unsigned char>(c)) * kPrime;
        }
    }

    std::size_t next() {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return 1 + static_cast<std::size_t>(state_ >> 60U);
    }

  private:
    static constexpr std::uint64_t kPrime = 0x100000001b3ULL;
    std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

/// Text that no terminal obeys; line feeds may stand in it.
inline bool is_harmless(std::string_view text) {
    unsigned char before = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_c1 = before == 0xC2 && byte >= 0x80 && byte <= 0x9F;
        if ((byte < 0x20 && c != '\n') || byte == 0x7F || is_c1) {
            return false;
        }
        before = byte;
    }
    // The direction of writing.
    const auto turns = {
        "\u061C",
        "\u200E",
        "\u200F",
        "\u202A",
        "\u202B",
        "\u202C",
        "\u202D",
        "\u202E",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069"};
    return std::none_of(turns.begin(), turns.end(), [text](const char* turn) {
        return text.find(turn) != std::string_view::npos;
    });
}

}  // namespace stockd::fuzz
