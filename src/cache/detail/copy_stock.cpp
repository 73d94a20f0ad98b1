#include "base/assert.hpp"
#include "cache/detail/copy.hpp"

#include <algorithm>

/// The part of Copy that moves stock cells.
namespace stockd::cache::detail {

namespace {

bool same_cell(const StockCell& a, const StockCell& b) noexcept {
    return a.on_hand == b.on_hand && a.reserved == b.reserved &&
           a.low_stock_threshold == b.low_stock_threshold && a.version == b.version &&
           a.updated_us == b.updated_us && a.store == b.store &&
           a.allow_negative == b.allow_negative;
}

}  // namespace

void Copy::set_stock(const change::StockChange& change) {
    if (!change.now.has_value()) {
        const auto slot = slot_of(change.product);
        const auto store = number_of(change.store);
        if (slot.has_value() && store.has_value()) {
            const Place place = newest(*slot)->place_of(*store, *stores_);
            if (place.found) {
                erase_cell(*slot, place);
                release_if_empty(*slot);
            }
        }
        return;
    }
    const std::uint32_t store = number_for(change.store);
    const std::uint32_t slot = slot_for(change.product);
    const StockCell cell = cell_of(*change.now, store);
    const Block& block = *newest(slot);
    const Place place = block.place_of(store, *stores_);
    if (!place.found) {
        insert_cell(slot, place, cell);
    } else if (!same_cell(block.chunks()[place.chunk]->cells()[place.cell], cell)) {
        update_cell(slot, place, cell);
    }
}

void Copy::count_in(Block& block, const StockCell& cell) const noexcept {
    ++block.cell_count;
    if (stores_->active(cell.store)) {
        ++block.visible_count;
        block.on_hand += cell.on_hand;
        block.reserved += cell.reserved;
        block.updated_us = std::max(block.updated_us, cell.updated_us);
    }
}

void Copy::count_out(Block& block, const StockCell& cell) const noexcept {
    --block.cell_count;
    if (stores_->active(cell.store)) {
        --block.visible_count;
        block.on_hand -= cell.on_hand;
        block.reserved -= cell.reserved;
    }
}

void Copy::update_cell(std::uint32_t slot, Place place, const StockCell& cell) {
    Block& block = own_block(slot);
    StockCell& held = own_chunk(block, place.chunk, 0).cells()[place.cell];
    const StockCell old = held;
    held = cell;
    count_out(block, old);
    count_in(block, cell);
    if (old.updated_us == block.updated_us && cell.updated_us < old.updated_us) {
        // The newest went back: which one is the newest now takes a look at all.
        add_up(block, *stores_);
    }
}

void Copy::insert_cell(std::uint32_t slot, Place place, const StockCell& cell) {
    ++cells_;
    ++cells_of_[cell.store];
    if (newest(slot)->chunk_count == 0) {
        Block& block = own_block(slot, 1);
        block.chunks()[0] = new_chunk(1);
        block.chunk_count = 1;
    } else if (newest(slot)->chunks()[place.chunk]->count == kChunkCells) {
        split_chunk(slot, place.chunk);
        place = newest(slot)->place_of(cell.store, *stores_);
    }
    Block& block = own_block(slot);
    const std::uint32_t count = block.chunks()[place.chunk]->count;
    // A few cells of room, or a product that gets its stores one by one is copied each time.
    const std::uint32_t capacity = std::min(kChunkCells, (count + 4) / 4 * 4);
    Chunk& chunk = own_chunk(block, place.chunk, count == 0 ? 1 : capacity);
    StockCell* const at = chunk.cells() + place.cell;
    std::copy_backward(at, chunk.cells() + count, chunk.cells() + count + 1);
    *at = cell;
    ++chunk.count;
    count_in(block, cell);
}

void Copy::split_chunk(std::uint32_t slot, std::uint32_t chunk) {
    // Pointers for a quarter more, so that a product that gets a thousand stores is not copied at
    // each split.
    const std::uint32_t chunks = newest(slot)->chunk_count;
    const bool full = newest(slot)->chunk_capacity == chunks;
    Block& block = own_block(slot, full ? chunks + 1 + chunks / 4 : chunks + 1);
    constexpr std::uint32_t kHalf = kChunkCells / 2;
    Chunk& lower = own_chunk(block, chunk, 0);
    Chunk* const upper = new_chunk(kChunkCells);
    std::copy_n(lower.cells() + kHalf, kChunkCells - kHalf, upper->cells());
    upper->count = kChunkCells - kHalf;
    lower.count = kHalf;
    Chunk** const list = block.chunks();
    std::copy_backward(list + chunk + 1, list + chunks, list + chunks + 1);
    list[chunk + 1] = upper;
    ++block.chunk_count;
}

void Copy::erase_cell(std::uint32_t slot, Place place) {
    Block& block = own_block(slot);
    Chunk& chunk = own_chunk(block, place.chunk, 0);
    const StockCell old = chunk.cells()[place.cell];
    --cells_;
    --cells_of_[old.store];
    std::copy(
        chunk.cells() + place.cell + 1, chunk.cells() + chunk.count, chunk.cells() + place.cell
    );
    --chunk.count;
    count_out(block, old);
    if (chunk.count == 0) {
        drop_chunk(block, place.chunk);
    }
    if (old.updated_us == block.updated_us) {
        add_up(block, *stores_);
    }
}

void Copy::drop_chunk(Block& block, std::uint32_t chunk) {
    Chunk** const list = block.chunks();
    retire(list[chunk]);
    std::copy(list + chunk + 1, list + block.chunk_count, list + chunk);
    --block.chunk_count;
}

StoreTable& Copy::own_stores() {
    if (stores_sequence_ != sequence_) {
        auto* const copy = new StoreTable(*stores_);
        graveyard_.retire(sequence_, stores_, [](void* what) noexcept {
            delete static_cast<StoreTable*>(what);
        });
        stores_ = copy;
        stores_sequence_ = sequence_;
    }
    return *stores_;
}

std::uint32_t Copy::number_for(base::StoreId store) {
    const auto [found, added] = number_of_.try_emplace(store.value, stores_->size());
    if (added) {
        own_stores().add(store);
        cells_of_.push_back(0);
    }
    return found->second;
}

void Copy::set_stores(const std::vector<change::StoreChange>& changes) {
    std::vector<bool> moved;
    for (const change::StoreChange& change : changes) {
        const auto held = number_of(change.store);
        if (!held.has_value() && !change.now.has_value()) {
            continue;
        }
        const std::uint32_t store = held.has_value() ? *held : number_for(change.store);
        const bool known = stores_->known(store);
        const change::StoreRow& old = stores_->row(store);
        if (known ? change.now == old : !change.now.has_value()) {
            continue;
        }
        const bool moves = known != change.now.has_value() || old.code != change.now->code ||
                           old.active != change.now->active;
        moved.resize(stores_->size());
        moved[store] = moved[store] || (moves && cells_of_[store] > 0);
        own_stores().set(store, change.now);
    }
    if (stores_sequence_ == sequence_) {
        own_stores().update_ranks();
    }
    if (std::find(moved.begin(), moved.end(), true) != moved.end()) {
        moved.resize(stores_->size());
        move_cells(moved);
    }
}

void Copy::move_cells(const std::vector<bool>& moved) {
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
        const Block& block = *newest(slot);
        bool affected = false;
        for (std::uint32_t c = 0; c < block.chunk_count && !affected; ++c) {
            const Chunk& chunk = *block.chunks()[c];
            affected =
                std::any_of(chunk.cells(), chunk.cells() + chunk.count, [&](const StockCell& cell) {
                    return moved[cell.store];
                });
        }
        if (affected) {
            sort_cells(slot);
        }
    }
}

void Copy::sort_cells(std::uint32_t slot) {
    Block& block = own_block(slot);
    std::vector<StockCell> cells;
    cells.reserve(block.cell_count);
    for (std::uint32_t c = 0; c < block.chunk_count; ++c) {
        const Chunk& chunk = *block.chunks()[c];
        cells.insert(cells.end(), chunk.cells(), chunk.cells() + chunk.count);
    }
    const auto before = [&](const StockCell& a, const StockCell& b) {
        return stores_->rank(a.store) < stores_->rank(b.store);
    };
    if (!std::is_sorted(cells.begin(), cells.end(), before)) {
        std::sort(cells.begin(), cells.end(), before);
        const StockCell* next = cells.data();
        for (std::uint32_t c = 0; c < block.chunk_count; ++c) {
            Chunk& chunk = own_chunk(block, c, 0);
            std::copy_n(next, chunk.count, chunk.cells());
            next += chunk.count;
        }
    }
    add_up(block, *stores_);
}

}  // namespace stockd::cache::detail
