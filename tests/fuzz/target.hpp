#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

/// What a fuzz target is made of. libFuzzer calls LLVMFuzzerTestOneInput; replay.cpp does the same
/// with kept inputs, in every build.
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

}  // namespace stockd::fuzz
