#pragma once

#include "cache/detail/block.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace stockd::cache::detail {

/// The newest block of every product, by number. Grows without moving anything, so that readers
/// need no pin for the array itself: the first segment holds as many as the load brought, each
/// further one doubles.
class Slots {
  public:
    explicit Slots(std::size_t expected)
        : first_bits_(bits_for(expected)) {}

    ~Slots() {
        for (auto& segment : segments_) {
            delete[] segment.load(std::memory_order_relaxed);
        }
    }

    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;
    Slots(Slots&&) = delete;
    Slots& operator=(Slots&&) = delete;

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    /// Writer: one more slot, empty.
    std::uint32_t add() {
        const std::uint32_t slot = size_++;
        const auto [segment, offset] = locate(slot);
        STOCKD_ASSERT(segment < kSegments, "more than 4 000 000 000 products");
        if (segments_[segment].load(std::memory_order_relaxed) == nullptr) {
            const std::size_t count = std::size_t{1}
                                      << (segment == 0 ? first_bits_ : first_bits_ + segment - 1);
            segments_[segment].store(
                new std::atomic<Block*>[count] {}, std::memory_order_release
            );
            bytes_ += count * sizeof(void*);
        }
        return slot;
    }

    [[nodiscard]] std::atomic<Block*>& head(std::uint32_t slot) noexcept {
        const auto [segment, offset] = locate(slot);
        return segments_[segment].load(std::memory_order_acquire)[offset];
    }

    /// The product as the publication `sequence` has it, or null.
    [[nodiscard]] const Block* at(std::uint32_t slot, std::uint64_t sequence) const noexcept {
        const auto [segment, offset] = locate(slot);
        const std::atomic<Block*>* const heads = segments_[segment].load(std::memory_order_acquire);
        return as_of(heads[offset].load(std::memory_order_acquire), sequence);
    }

  private:
    static constexpr std::size_t kSegments = 24;

    struct Location {
        std::uint32_t segment;
        std::uint32_t offset;
    };

    static std::uint32_t bits_for(std::size_t expected) noexcept {
        constexpr std::uint32_t kSmallest = 8;
        const auto bits = static_cast<std::uint32_t>(std::bit_width(expected));
        return bits < kSmallest ? kSmallest : bits;
    }

    [[nodiscard]] Location locate(std::uint32_t slot) const noexcept {
        const auto width = static_cast<std::uint32_t>(std::bit_width(slot >> first_bits_));
        // Segment w > 0 begins at 2^(first_bits + w - 1).
        return {width, width == 0 ? slot : slot - (1U << (first_bits_ + width - 1))};
    }

    std::uint32_t first_bits_;
    std::uint32_t size_ = 0;
    std::size_t bytes_ = 0;
    std::array<std::atomic<std::atomic<Block*>*>, kSegments> segments_{};
};

}  // namespace stockd::cache::detail
