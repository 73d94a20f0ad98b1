#pragma once

#include "observe/striped_counter.hpp"

#include <cstdint>

namespace stockd::web {

/// Reads answered from memory, reads that had to wait for the database, and codes that named
/// nothing.
struct ReadCounts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t unknown = 0;
};

/// Counted by every web thread, summed by whoever asks. Any thread.
class ReadCounters {
  public:
    void add_hits(std::uint64_t count) noexcept { hits_.add(count); }

    void add_misses(std::uint64_t count) noexcept { misses_.add(count); }

    void add_unknown(std::uint64_t count) noexcept { unknown_.add(count); }

    [[nodiscard]] ReadCounts counts() const noexcept {
        return {hits_.sum(), misses_.sum(), unknown_.sum()};
    }

  private:
    observe::StripedCounter hits_;
    observe::StripedCounter misses_;
    observe::StripedCounter unknown_;
};

}  // namespace stockd::web
