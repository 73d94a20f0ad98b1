#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stockd::cache::detail {

/// The memory of one copy's blocks and chunks: regions of 2 MB on huge pages where the system has
/// them, because a reader's random access costs as much for the page tables as for the data; pieces
/// of equal size from free lists; no header per piece; all of it given back to the system at once
/// with the copy. The writer's alone.
///
/// Under AddressSanitizer every piece is an ordinary allocation, so that a use after free is seen.
class Arena {
  public:
    Arena() = default;
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    Arena(Arena&&) = delete;
    Arena& operator=(Arena&&) = delete;

    /// Aligned to 16.
    [[nodiscard]] void* allocate(std::size_t size);
    /// Into the arena that it is from. REQUIRES: the size that was asked for, and that the arena
    /// still is.
    static void free(void* piece, std::size_t size) noexcept;

    /// What a request takes.
    [[nodiscard]] static constexpr std::size_t taken(std::size_t size) noexcept {
        return (size + kGrain - 1) / kGrain * kGrain;
    }

    /// Some pieces are allocations of their own, which do not go with the arena.
    [[nodiscard]] bool has_single_pieces() const noexcept { return singles_ > 0; }

    [[nodiscard]] std::size_t regions() const noexcept { return regions_.size(); }

  private:
#if defined(__SANITIZE_ADDRESS__)
    static constexpr bool kSingly = true;
#else
    static constexpr bool kSingly = false;
#endif
    static constexpr std::size_t kGrain = 16;
    static constexpr std::size_t kRegion = std::size_t{2} << 20U;
    /// Greater ones are allocated singly: a product in ten thousands of stores.
    static constexpr std::size_t kLargest = std::size_t{64} << 10U;
    static constexpr std::size_t kClasses = kLargest / kGrain + 1;

    struct Free {
        Free* next;
    };

    /// At the start of a region, which begins at a multiple of its size: that is how a piece finds
    /// its arena.
    struct Region {
        Arena* arena;
    };

    static constexpr std::size_t kRegionHeader = 64;

    void put(void* piece, std::size_t size) noexcept;
    [[nodiscard]] void* take_free(std::size_t size) noexcept;
    [[nodiscard]] void* split_greater(std::size_t size) noexcept;
    void add_region();

    std::array<Free*, kClasses> free_{};
    /// Which lists of free_ have something, a bit each.
    std::array<std::uint64_t, kClasses / 64 + 1> has_free_{};
    std::vector<Region*> regions_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::size_t singles_ = 0;
};

/// Zeroed memory of its own mapping, on huge pages when it is large enough for one; for tables that
/// readers hit at random.
[[nodiscard]] void* map_pages(std::size_t size);
void unmap_pages(void* pages, std::size_t size) noexcept;

}  // namespace stockd::cache::detail
