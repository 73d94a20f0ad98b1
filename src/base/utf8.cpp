#include "base/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace stockd::base {

namespace {

/// What may follow a lead byte: how many bytes in all, and the range of the second one (Unicode 15,
/// table 3-7).
struct Sequence {
    std::size_t length;
    unsigned char second_min;
    unsigned char second_max;
};

Sequence sequence_of(unsigned char lead) noexcept {
    if (lead >= 0xC2 && lead <= 0xDF) {
        return {2, 0x80, 0xBF};
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
        return {3, low, high};
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
        return {4, low, high};
    }
    return {0, 0, 0};
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) {
        return 1;
    }
    const auto sequence = sequence_of(lead);
    if (sequence.length == 0 || text.size() < sequence.length) {
        return 0;
    }
    const auto second = static_cast<unsigned char>(text[1]);
    if (second < sequence.second_min || second > sequence.second_max) {
        return 0;
    }
    const auto rest = text.substr(2, sequence.length - 2);
    const bool goes_on = std::all_of(rest.begin(), rest.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    });
    return goes_on ? sequence.length : 0;
}

std::size_t find_invalid_utf8(std::string_view bytes) noexcept {
    std::size_t at = 0;
    while (at < bytes.size()) {
        // Eight ASCII bytes at a time: nearly all of a CSV file is ASCII.
        std::uint64_t word = 0;
        while (bytes.size() - at >= sizeof(word)) {
            std::memcpy(&word, bytes.data() + at, sizeof(word));
            if ((word & 0x8080808080808080ULL) != 0) {
                break;
            }
            at += sizeof(word);
        }
        if (at == bytes.size()) {
            break;
        }
        const auto length = utf8_length(bytes.substr(at));
        if (length == 0) {
            return at;
        }
        at += length;
    }
    return std::string_view::npos;
}

}  // namespace stockd::base
