#include "cache/detail/sku_index.hpp"

#include <cstring>
#include <new>

namespace stockd::cache::detail {

namespace {

__extension__ using UInt128 = unsigned __int128;

/// Both halves of the 128-bit product, folded: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    const UInt128 product = UInt128{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t load8(const char* from) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

// Odd, with about as many ones as zeros: fractional digits of pi.
constexpr std::uint64_t kMix1 = 0x243F6A8885A308D3ULL;
constexpr std::uint64_t kMix2 = 0x13198A2E03707345ULL;

}  // namespace

std::uint32_t SkuIndex::hash(std::string_view sku) noexcept {
    std::uint64_t state = kMix1 ^ sku.size();
    const char* at = sku.data();
    std::size_t left = sku.size();
    for (; left > 16; at += 16, left -= 16) {
        state = mix(load8(at) ^ kMix2, load8(at + 8) ^ state);
    }
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (left >= 8) {
        low = load8(at);
        high = load8(at + left - 8);
    } else if (left >= 4) {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        std::memcpy(&first, at, sizeof first);
        std::memcpy(&last, at + left - 4, sizeof last);
        low = first;
        high = last;
    } else {
        for (; left > 0; ++at, --left) {
            low = low << 8U | static_cast<unsigned char>(*at);
        }
    }
    state = mix(low ^ kMix2, high ^ state);
    state = mix(state, kMix1);
    return static_cast<std::uint32_t>(state >> 32U) ^ static_cast<std::uint32_t>(state);
}

SkuIndex::Table::Table(std::size_t capacity)
    : mask(static_cast<std::uint32_t>(capacity - 1)),
      entries(new (map_pages(capacity * sizeof(std::uint64_t)))
                  std::atomic<std::uint64_t>[capacity] {}) {}

SkuIndex::Table::~Table() {
    unmap_pages(entries, (std::size_t{mask} + 1) * sizeof(std::uint64_t));
}

void SkuIndex::Table::put(std::uint32_t hash, std::uint64_t entry) noexcept {
    std::uint32_t i = hash & mask;
    while (entries[i].load(std::memory_order_relaxed) != 0) {
        i = (i + 1) & mask;
    }
    entries[i].store(entry, std::memory_order_release);
}

std::uint64_t SkuIndex::entry_of(const Block& block) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(&block);
    STOCKD_ASSERT(address >> kTagShift == 0, "an address of more than 48 bits");
    return std::uint64_t{block.sku_hash >> 16U} << kTagShift | address;
}

std::uint64_t SkuIndex::entry_of(std::uint32_t hash, std::uint32_t slot) noexcept {
    STOCKD_ASSERT(slot < (1U << 31U) - 1, "more than 2 000 000 000 products");
    return std::uint64_t{hash} << 32U | std::uint64_t{slot} << 1U | 1U;
}

std::uint32_t SkuIndex::hash_of(std::uint64_t entry) noexcept {
    return is_slot(entry) ? static_cast<std::uint32_t>(entry >> 32U) : block_of(entry)->sku_hash;
}

std::size_t SkuIndex::capacity_for(std::size_t entries) noexcept {
    std::size_t capacity = 64;
    while (entries * 5 > capacity * 4) {
        capacity *= 2;
    }
    STOCKD_ASSERT(capacity <= (std::size_t{1} << 32U), "more than 2 000 000 000 products");
    return capacity;
}

SkuIndex::SkuIndex(std::size_t expected)
    : table_(new Table(capacity_for(expected))) {}

SkuIndex::~SkuIndex() {
    delete table_.load(std::memory_order_relaxed);
}

void SkuIndex::insert(const Block& block, Graveyard& graveyard, std::uint64_t sequence) {
    Table* table = table_.load(std::memory_order_relaxed);
    if ((used_ + 1) * 5 > (std::size_t{table->mask} + 1) * 4) {
        // Room for half as many again, so that neither growing nor dead entries make this frequent.
        auto grown = std::make_unique<Table>(capacity_for(live_ + live_ / 2 + 16));
        for (std::size_t i = 0; i <= table->mask; ++i) {
            const std::uint64_t entry = table->entries[i].load(std::memory_order_relaxed);
            if (entry != 0 && entry != kDead) {
                grown->put(hash_of(entry), entry);
            }
        }
        used_ = live_;
        graveyard.retire(sequence, table, [](void* what) noexcept {
            delete static_cast<Table*>(what);
        });
        table = grown.release();
        table_.store(table, std::memory_order_release);
    }
    table->put(block.sku_hash, entry_of(block));
    ++live_;
    ++used_;
}

void SkuIndex::set(std::uint32_t hash, std::uint64_t from, std::uint64_t to) noexcept {
    Table* table = table_.load(std::memory_order_relaxed);
    for (std::uint32_t i = hash & table->mask;; i = (i + 1) & table->mask) {
        const std::uint64_t entry = table->entries[i].load(std::memory_order_relaxed);
        if (entry == from) {
            table->entries[i].store(to, std::memory_order_release);
            return;
        }
        STOCKD_ASSERT(entry != 0, "an index entry is changed that is not there");
    }
}

void SkuIndex::repoint(const Block& old, const Block& now) noexcept {
    set(old.sku_hash, entry_of(old), entry_of(now));
}

void SkuIndex::detach(const Block& old, std::uint32_t slot) noexcept {
    set(old.sku_hash, entry_of(old), entry_of(old.sku_hash, slot));
}

void SkuIndex::erase(std::uint32_t hash, std::uint32_t slot) noexcept {
    set(hash, entry_of(hash, slot), kDead);
    --live_;
}

std::size_t SkuIndex::bytes() const noexcept {
    return (std::size_t{table_.load(std::memory_order_relaxed)->mask} + 1) * sizeof(std::uint64_t) +
           sizeof(Table);
}

}  // namespace stockd::cache::detail
