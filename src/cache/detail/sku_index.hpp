#pragma once

#include "cache/detail/graveyard.hpp"
#include "cache/detail/slots.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace stockd::cache::detail {

/// From a sku to the slots of the products that may have it: a hash table of 8-byte entries (32
/// bits of hash, slot + 1), open addressing, at most 5/8 full. The entries are a superset of every
/// state that can still be read: a new one goes in before its publication, an old one out after the
/// last reader of the state that had it. What is true is said by the block that the reader's state
/// has in that slot, so the entries need no version of their own.
class SkuIndex {
  public:
    /// An empty table with room for `expected` entries.
    explicit SkuIndex(std::size_t expected);
    ~SkuIndex();
    SkuIndex(const SkuIndex&) = delete;
    SkuIndex& operator=(const SkuIndex&) = delete;
    SkuIndex(SkuIndex&&) = delete;
    SkuIndex& operator=(SkuIndex&&) = delete;

    [[nodiscard]] static std::uint32_t hash(std::string_view sku) noexcept;

    /// The product that is shown under this sku in the publication `sequence`, or null. Any thread
    /// with a pin.
    [[nodiscard]] const Block* find(
        std::string_view sku, const Slots& slots, std::uint64_t sequence
    ) const noexcept {
        const std::uint32_t wanted = hash(sku);
        const Table* table = table_.load(std::memory_order_acquire);
        for (std::uint32_t i = wanted & table->mask;; i = (i + 1) & table->mask) {
            const std::uint64_t entry = table->entries[i].load(std::memory_order_acquire);
            if (entry == 0) {
                return nullptr;
            }
            if (static_cast<std::uint32_t>(entry >> 32U) != wanted || entry == kDead) {
                continue;
            }
            const Block* block = slots.at(static_cast<std::uint32_t>(entry) - 1, sequence);
            if (block != nullptr && block->visible() && block->sku() == sku) {
                return block;
            }
        }
    }

    /// Writer. A table that is replaced goes to the graveyard. The same entry twice is allowed, and
    /// erase() takes one.
    void insert(
        std::uint32_t hash, std::uint32_t slot, Graveyard& graveyard, std::uint64_t sequence
    );
    void erase(std::uint32_t hash, std::uint32_t slot) noexcept;
    [[nodiscard]] std::size_t bytes() const noexcept;

  private:
    /// Hash and slot of no product.
    static constexpr std::uint64_t kDead = ~std::uint64_t{0};

    struct Table {
        explicit Table(std::size_t capacity);
        std::uint32_t mask;
        std::unique_ptr<std::atomic<std::uint64_t>[]> entries;
        void put(std::uint64_t entry) noexcept;
    };

    static std::size_t capacity_for(std::size_t entries) noexcept;

    static std::uint64_t entry_of(std::uint32_t hash, std::uint32_t slot) noexcept {
        return std::uint64_t{hash} << 32U | (std::uint64_t{slot} + 1);
    }

    std::atomic<Table*> table_;
    std::size_t live_ = 0;
    /// Live and dead.
    std::size_t used_ = 0;
};

}  // namespace stockd::cache::detail
