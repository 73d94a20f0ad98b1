#pragma once

#include "base/assert.hpp"
#include "cache/detail/arena.hpp"
#include "change/change.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The memory of one product: a Block (numbers, texts, list of chunks) and its Chunks of stock
/// cells. Both belong to the publication `sequence` that made them and never change once that is
/// published; the writer changes them in place only while it is still being prepared. Made and
/// freed by the writer; read by any thread that has pinned a state.
namespace stockd::cache::detail {

class StoreTable;

__extension__ using Int128 = __int128;

/// Cells in a chunk. 16: a patch of a product with 1000 stores copies 0.8 kB of rows and 0.5 kB of
/// pointers.
constexpr std::uint32_t kChunkCells = 16;

/// One stock row; which product it belongs to is known from where it is.
struct StockCell {
    std::int64_t on_hand;
    std::int64_t reserved;
    std::int64_t low_stock_threshold;
    std::int64_t version;
    std::int64_t updated_us;
    /// Number of the store in the StoreTable.
    std::uint32_t store;
    bool allow_negative;
};

static_assert(sizeof(StockCell) == 48);

struct Chunk {
    std::uint64_t sequence;
    std::uint32_t count;
    std::uint32_t capacity;

    [[nodiscard]] StockCell* cells() noexcept { return reinterpret_cast<StockCell*>(this + 1); }

    [[nodiscard]] const StockCell* cells() const noexcept {
        return reinterpret_cast<const StockCell*>(this + 1);
    }

    [[nodiscard]] std::size_t bytes() const noexcept {
        return sizeof(Chunk) + capacity * sizeof(StockCell);
    }
};

/// Cells uninitialised, count 0.
[[nodiscard]] Chunk* make_chunk(Arena& arena, std::uint64_t sequence, std::uint32_t capacity);
void free_chunk(Chunk* chunk) noexcept;

/// Where a cell is in a block, or where it would go.
struct Place {
    std::uint32_t chunk = 0;
    std::uint32_t cell = 0;
    bool found = false;
};

struct Block {
    std::uint64_t sequence;
    /// The product as the publications before `sequence` know it. Dangles once nobody can read
    /// those any more, so it is followed only by readers of an older state.
    const Block* previous;
    /// Sums over visible cells, exact: 2^31 rows of 64 bits cannot overflow them.
    Int128 on_hand;
    Int128 reserved;
    /// Newest of the product and its visible cells.
    std::int64_t updated_us;
    std::uint32_t cell_count;
    /// Cells of active stores.
    std::uint32_t visible_count;
    std::int64_t product;
    std::int64_t pieces_per_pack;
    std::int64_t packs_per_box;
    std::int64_t product_updated_us;
    std::uint32_t sku_size;
    std::uint32_t name_size;
    std::uint32_t chunk_count;
    std::uint32_t chunk_capacity;
    /// SkuIndex::hash(sku()).
    std::uint32_t sku_hash;
    /// The index has an entry that points to this very block. The writer's.
    bool indexed;
    /// False: only stock rows have come for this key, or none (a deleted product).
    bool known;
    bool active;

    /// Shown to readers.
    [[nodiscard]] bool visible() const noexcept { return known && active; }

    [[nodiscard]] std::string_view sku() const noexcept { return {text(), sku_size}; }

    [[nodiscard]] std::string_view name() const noexcept { return {text() + sku_size, name_size}; }

    [[nodiscard]] Chunk** chunks() noexcept {
        return reinterpret_cast<Chunk**>(text() + text_space());
    }

    [[nodiscard]] Chunk* const* chunks() const noexcept {
        return reinterpret_cast<Chunk* const*>(text() + text_space());
    }

    [[nodiscard]] std::size_t bytes() const noexcept {
        return sizeof(Block) + text_space() + chunk_capacity * sizeof(void*);
    }

    /// The product's row as it came. REQUIRES: known.
    [[nodiscard]] change::ProductRow row() const;

    /// By binary search in the order of store ranks.
    [[nodiscard]] Place place_of(std::uint32_t store, const StoreTable& stores) const noexcept;

    [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this + 1); }

    [[nodiscard]] const char* text() const noexcept {
        return reinterpret_cast<const char*>(this + 1);
    }

  private:
    [[nodiscard]] std::size_t text_space() const noexcept {
        return (std::size_t{sku_size} + name_size + 7) / 8 * 8;
    }
};

/// The block that publication `sequence` sees, of a list that begins with the newest; or null. This
/// check is what makes a state whole: newer blocks are in place before their publication is.
[[nodiscard]] inline const Block* as_of(const Block* newest, std::uint64_t sequence) noexcept {
    while (newest != nullptr && newest->sequence > sequence) {
        newest = newest->previous;
    }
    return newest;
}

/// No cells, no known product.
[[nodiscard]] Block* make_block(
    Arena& arena, std::uint64_t sequence, base::ProductId product, std::uint32_t chunk_capacity
);
/// `row` with the cells, sums and chunks of `from`.
[[nodiscard]] Block* make_block(
    Arena& arena,
    std::uint64_t sequence,
    const change::ProductRow& row,
    const Block& from,
    std::uint32_t chunk_capacity
);
/// The same product with room for `chunk_capacity` chunks. REQUIRES: chunk_capacity >=
/// from.chunk_count.
[[nodiscard]] Block* copy_block(
    Arena& arena, std::uint64_t sequence, const Block& from, std::uint32_t chunk_capacity
);
/// The chunks stay.
void free_block(Block* block) noexcept;

/// Computes the sums, counts and updated_us of the block from its cells.
void add_up(Block& block, const StoreTable& stores) noexcept;

[[nodiscard]] StockCell cell_of(const change::StockRow& row, std::uint32_t store) noexcept;
[[nodiscard]] change::StockRow row_of(
    const StockCell& cell, base::ProductId product, base::StoreId store
) noexcept;

}  // namespace stockd::cache::detail
