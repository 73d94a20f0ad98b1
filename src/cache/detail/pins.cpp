#include "cache/detail/pins.hpp"

#include <algorithm>

namespace stockd::cache::detail {

std::atomic<std::uint32_t> Pins::next_preferred{0};

Pins::~Pins() {
    Page* page = first_.next.load(std::memory_order_relaxed);
    while (page != nullptr) {
        Page* const next = page->next.load(std::memory_order_relaxed);
        delete page;
        page = next;
    }
}

Pins::Slot& Pins::pin_elsewhere(std::uint64_t sequence, std::uint32_t& preferred) const {
    for (Page* page = &first_;;) {
        for (std::uint32_t i = 0; i < kSlots; ++i) {
            const std::uint32_t at = (preferred + i) % kSlots;
            std::uint64_t free = 0;
            if (page->slots[at].sequence.compare_exchange_strong(
                    free, sequence, std::memory_order_seq_cst
                )) {
                if (page == &first_) {
                    preferred = at;
                }
                return page->slots[at];
            }
        }
        Page* next = page->next.load(std::memory_order_acquire);
        if (next == nullptr) {
            auto* const added = new Page;
            if (page->next.compare_exchange_strong(next, added, std::memory_order_seq_cst)) {
                next = added;
            } else {
                delete added;
            }
        }
        page = next;
    }
}

std::uint64_t Pins::oldest(std::uint64_t published) const noexcept {
    std::uint64_t oldest = published;
    for (const Page* page = &first_; page != nullptr;
         page = page->next.load(std::memory_order_seq_cst)) {
        for (const Slot& slot : page->slots) {
            const std::uint64_t pinned = slot.sequence.load(std::memory_order_seq_cst);
            if (pinned != 0) {
                oldest = std::min(oldest, pinned);
            }
        }
    }
    return oldest;
}

}  // namespace stockd::cache::detail
