#pragma once

#include "cache/detail/graveyard.hpp"
#include "cache/detail/slots.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace stockd::cache::detail {

/// From a sku to the products that may have it: a hash table of 8-byte entries, open addressing, at
/// most 4/5 full: 1 MB for 100 000 products, which stays in a core's own cache. The entries are a
/// superset of every state that can still be read: a new one goes in before its publication, an old
/// one out after the last reader of the state that had it. What is true is said by the block that
/// the reader's state sees, so the entries need no version of their own.
///
/// The entry of a product that is shown points to its newest block, and is set again with every new
/// one: that saves readers a cache miss. The entry of a sku that a product had before gives the
/// product's slot.
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
            if (entry >> kTagShift != wanted >> 16U || entry == kDead) {
                continue;
            }
            const Block* const block = is_slot(entry) ? slots.at(slot_of(entry), sequence)
                                                      : as_of(block_of(entry), sequence);
            if (block != nullptr && block->visible() && block->sku() == sku) {
                return block;
            }
        }
    }

    // The writer's. A table that is replaced goes to the graveyard.
    /// A new entry that points to the block.
    void insert(const Block& block, Graveyard& graveyard, std::uint64_t sequence);
    /// The entry that points to `old` points to `now`. REQUIRES: they have the same sku.
    void repoint(const Block& old, const Block& now) noexcept;
    /// The entry that points to `old` gives the slot.
    void detach(const Block& old, std::uint32_t slot) noexcept;
    /// Takes out one detached entry.
    void erase(std::uint32_t hash, std::uint32_t slot) noexcept;
    [[nodiscard]] std::size_t bytes() const noexcept;

  private:
    // An entry is 0 (free, ends a search), kDead (free, does not), or has the upper 16 bits of the
    // hash on top of
    //   a block's address: 48 bits, even;
    //   or the lower 16 bits of the hash, a slot of 31 bits, and a last bit of 1.
    // So two entries that look the same are searched for in the same places, and either may be
    // erased.
    static constexpr std::uint32_t kTagShift = 48;
    static constexpr std::uint64_t kAddress = (std::uint64_t{1} << kTagShift) - 1;
    static constexpr std::uint64_t kDead = ~std::uint64_t{0};

    static bool is_slot(std::uint64_t entry) noexcept { return (entry & 1U) != 0; }

    static std::uint32_t slot_of(std::uint64_t entry) noexcept {
        return static_cast<std::uint32_t>(entry) >> 1U;
    }

    static const Block* block_of(std::uint64_t entry) noexcept {
        // The entry is the only holder of the address.
        // NOLINTNEXTLINE(performance-no-int-to-ptr)
        return reinterpret_cast<const Block*>(entry & kAddress);
    }

    static std::uint64_t entry_of(const Block& block) noexcept;
    static std::uint64_t entry_of(std::uint32_t hash, std::uint32_t slot) noexcept;
    static std::uint32_t hash_of(std::uint64_t entry) noexcept;

    struct Table {
        explicit Table(std::size_t capacity);
        ~Table();
        Table(const Table&) = delete;
        Table& operator=(const Table&) = delete;
        Table(Table&&) = delete;
        Table& operator=(Table&&) = delete;
        std::uint32_t mask;
        std::atomic<std::uint64_t>* entries;
        void put(std::uint32_t hash, std::uint64_t entry) noexcept;
    };

    static std::size_t capacity_for(std::size_t entries) noexcept;
    void set(std::uint32_t hash, std::uint64_t from, std::uint64_t to) noexcept;

    std::atomic<Table*> table_;
    std::size_t live_ = 0;
    /// Live and dead.
    std::size_t used_ = 0;
};

}  // namespace stockd::cache::detail
