#include "cache/detail/block.hpp"

#include "cache/detail/sku_index.hpp"
#include "cache/detail/store_table.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

namespace stockd::cache::detail {

namespace {

std::uint32_t text_size(std::string_view text) {
    // The tables limit both to far less; what is longer cannot have come from them.
    STOCKD_ASSERT(text.size() < (std::size_t{1} << 20U), "a sku or name of a megabyte");
    return static_cast<std::uint32_t>(text.size());
}

/// A block for texts of these sizes; the header is otherwise copied from `header`.
Block* allocate(
    Arena& arena,
    const Block& header,
    std::size_t sku_size,
    std::size_t name_size,
    std::uint32_t chunk_capacity
) {
    Block shape = header;
    shape.sku_size = static_cast<std::uint32_t>(sku_size);
    shape.name_size = static_cast<std::uint32_t>(name_size);
    shape.chunk_capacity = chunk_capacity;
    return new (arena.allocate(shape.bytes())) Block(shape);
}

void copy_chunks(const Block& from, Block& to) noexcept {
    if (from.chunk_count > 0) {
        std::memcpy(to.chunks(), from.chunks(), from.chunk_count * sizeof(void*));
    }
}

}  // namespace

Chunk* make_chunk(Arena& arena, std::uint64_t sequence, std::uint32_t capacity) {
    void* memory = arena.allocate(sizeof(Chunk) + capacity * sizeof(StockCell));
    return new (memory) Chunk{sequence, 0, capacity};
}

void free_chunk(Chunk* chunk) noexcept {
    Arena::free(chunk, chunk->bytes());
}

Block* make_block(
    Arena& arena, std::uint64_t sequence, base::ProductId product, std::uint32_t chunk_capacity
) {
    Block header{};
    header.sequence = sequence;
    header.product = product.value;
    return allocate(arena, header, 0, 0, chunk_capacity);
}

Block* make_block(
    Arena& arena,
    std::uint64_t sequence,
    const change::ProductRow& row,
    const Block& from,
    std::uint32_t chunk_capacity
) {
    Block header = from;
    header.sequence = sequence;
    header.product = row.product.value;
    header.pieces_per_pack = row.pieces_per_pack;
    header.packs_per_box = row.packs_per_box;
    header.product_updated_us = row.updated_at.unix_us;
    header.sku_hash = SkuIndex::hash(row.sku);
    header.known = true;
    header.active = row.active;
    Block* block = allocate(arena, header, text_size(row.sku), text_size(row.name), chunk_capacity);
    std::memcpy(block->text(), row.sku.data(), row.sku.size());
    std::memcpy(block->text() + row.sku.size(), row.name.data(), row.name.size());
    copy_chunks(from, *block);
    return block;
}

Block* copy_block(
    Arena& arena, std::uint64_t sequence, const Block& from, std::uint32_t chunk_capacity
) {
    Block* block = allocate(arena, from, from.sku_size, from.name_size, chunk_capacity);
    block->sequence = sequence;
    std::memcpy(block->text(), from.text(), std::size_t{from.sku_size} + from.name_size);
    copy_chunks(from, *block);
    return block;
}

void free_block(Block* block) noexcept {
    Arena::free(block, block->bytes());
}

change::ProductRow Block::row() const {
    return {
        base::ProductId{product},
        std::string(sku()),
        std::string(name()),
        pieces_per_pack,
        packs_per_box,
        base::Timestamp{product_updated_us},
        active};
}

Place Block::place_of(std::uint32_t store, const StoreTable& stores) const noexcept {
    const std::uint32_t rank = stores.rank(store);
    Chunk* const* list = chunks();
    // The first chunk whose last cell is not before the store; behind the end a cell goes into the
    // last chunk.
    const auto* const chunk = std::partition_point(list, list + chunk_count, [&](const Chunk* c) {
        return stores.rank(c->cells()[c->count - 1].store) < rank;
    });
    if (chunk == list + chunk_count) {
        return chunk_count == 0 ? Place{}
                                : Place{chunk_count - 1, list[chunk_count - 1]->count, false};
    }
    const StockCell* cells = (*chunk)->cells();
    const StockCell* const cell =
        std::partition_point(cells, cells + (*chunk)->count, [&](const StockCell& c) {
            return stores.rank(c.store) < rank;
        });
    return {
        static_cast<std::uint32_t>(chunk - list),
        static_cast<std::uint32_t>(cell - cells),
        cell->store == store};
}

void add_up(Block& block, const StoreTable& stores) noexcept {
    block.on_hand = 0;
    block.reserved = 0;
    block.updated_us = block.product_updated_us;
    block.cell_count = 0;
    block.visible_count = 0;
    for (std::uint32_t c = 0; c < block.chunk_count; ++c) {
        const Chunk& chunk = *block.chunks()[c];
        block.cell_count += chunk.count;
        for (std::uint32_t i = 0; i < chunk.count; ++i) {
            const StockCell& cell = chunk.cells()[i];
            if (stores.active(cell.store)) {
                ++block.visible_count;
                block.on_hand += cell.on_hand;
                block.reserved += cell.reserved;
                block.updated_us = std::max(block.updated_us, cell.updated_us);
            }
        }
    }
}

StockCell cell_of(const change::StockRow& row, std::uint32_t store) noexcept {
    return {
        row.on_hand,
        row.reserved,
        row.low_stock_threshold,
        row.version,
        row.updated_at.unix_us,
        store,
        row.allow_negative};
}

change::StockRow row_of(
    const StockCell& cell, base::ProductId product, base::StoreId store
) noexcept {
    return {
        store,
        product,
        cell.on_hand,
        cell.reserved,
        cell.low_stock_threshold,
        cell.version,
        base::Timestamp{cell.updated_us},
        cell.allow_negative};
}

}  // namespace stockd::cache::detail
