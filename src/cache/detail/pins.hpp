#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace stockd::cache::detail {

/// Who reads what: every Reading holds one slot with the sequence from which on nothing may be
/// freed. A thread comes back to the slot that it used last, which nobody else wants, so that a pin
/// is one uncontended compare-and-swap and an unpin one store. More Readings than slots: another
/// page of slots is added, for good.
class Pins {
  public:
    /// Alone on its cache line, so that readers do not slow each other down.
    struct alignas(64) Slot {
        /// 0: free.
        std::atomic<std::uint64_t> sequence{0};
    };

    Pins() = default;
    ~Pins();
    Pins(const Pins&) = delete;
    Pins& operator=(const Pins&) = delete;
    Pins(Pins&&) = delete;
    Pins& operator=(Pins&&) = delete;

    /// From now on nothing that publication `sequence` or a later one can reach is freed. Whoever
    /// loads the published state afterwards, sequentially consistent, gets one that stays.
    [[nodiscard]] Slot& pin(std::uint64_t sequence) const {
        std::uint32_t& preferred = preferred_slot();
        Slot& slot = first_.slots[preferred];
        std::uint64_t free = 0;
        if (slot.sequence.compare_exchange_strong(free, sequence, std::memory_order_seq_cst))
            [[likely]] {
            return slot;
        }
        return pin_elsewhere(sequence, preferred);
    }

    static void unpin(Slot& slot) noexcept { slot.sequence.store(0, std::memory_order_release); }

    /// The smallest sequence that is pinned, at most `published`.
    [[nodiscard]] std::uint64_t oldest(std::uint64_t published) const noexcept;

  private:
    static constexpr std::uint32_t kSlots = 64;

    struct Page {
        std::array<Slot, kSlots> slots;
        std::atomic<Page*> next{nullptr};
    };

    static std::uint32_t& preferred_slot() noexcept {
        static thread_local std::uint32_t preferred =
            next_preferred.fetch_add(1, std::memory_order_relaxed) % kSlots;
        return preferred;
    }

    [[nodiscard]] Slot& pin_elsewhere(std::uint64_t sequence, std::uint32_t& preferred) const;

    static std::atomic<std::uint32_t> next_preferred;
    mutable Page first_;
};

}  // namespace stockd::cache::detail
