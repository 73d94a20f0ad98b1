#include "cache/detail/copy.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace stockd::cache::detail {

namespace {

void bury_block(void* what) noexcept {
    free_block(static_cast<Block*>(what));
}

void bury_chunk(void* what) noexcept {
    free_chunk(static_cast<Chunk*>(what));
}

/// An index entry that older states still need.
struct Erasure {
    SkuIndex* index;
    std::uint32_t hash;
    std::uint32_t slot;
};

void bury_entry(void* what) noexcept {
    const auto* const erasure = static_cast<Erasure*>(what);
    erasure->index->erase(erasure->hash, erasure->slot);
    delete erasure;
}

const Block* shown(const Block* block) noexcept {
    return block != nullptr && block->visible() ? block : nullptr;
}

}  // namespace

Copy::Copy(std::size_t expected_products, Graveyard& graveyard, std::uint64_t sequence)
    : graveyard_(graveyard),
      sequence_(sequence),
      slots_(expected_products),
      index_(expected_products),
      stores_(new StoreTable),
      stores_sequence_(sequence),
      order_(new SkuOrder(sequence)) {}

Copy::~Copy() {
    for (std::uint32_t slot = 0; slot < slots_.size() && arena_.has_single_pieces(); ++slot) {
        Block* const block = slots_.head(slot).load(std::memory_order_relaxed);
        for (std::uint32_t c = 0; c < block->chunk_count; ++c) {
            free_chunk(block->chunks()[c]);
        }
        free_block(block);
    }
    order_->free_pages();
    delete order_;
    delete stores_;
}

void Copy::begin(std::uint64_t published, std::uint64_t sequence) {
    published_ = published;
    sequence_ = sequence;
    touched_.clear();
}

void Copy::change(const change::ChangeSet& changes) {
    set_stores(changes.stores);
    for (const change::ProductChange& change : changes.products) {
        set_product(change);
    }
    for (const change::StockChange& change : changes.stock) {
        set_stock(change);
    }
}

void Copy::set_product(const change::ProductChange& change) {
    if (!change.now.has_value()) {
        const auto found = slot_of(change.product);
        if (!found.has_value() || !newest(*found)->known) {
            return;
        }
        // What is left is as if only the stock rows had come.
        const Block& old = *newest(*found);
        Block* const unknown =
            make_block(arena_, sequence_, change.product, std::max(1U, old.chunk_count));
        unknown->chunk_count = old.chunk_count;
        std::copy_n(old.chunks(), old.chunk_count, unknown->chunks());
        add_up(*unknown, *stores_);
        touched_.push_back(*found);
        --known_products_;
        replace(*found, unknown);
        release_if_empty(*found);
        return;
    }
    const std::uint32_t slot = slot_for(change.product);
    const Block& old = *newest(slot);
    if (old.known && old.row() == *change.now) {
        return;
    }
    known_products_ += old.known ? 0U : 1U;
    Block* const block =
        make_block(arena_, sequence_, *change.now, old, std::max(1U, old.chunk_count));
    add_up(*block, *stores_);
    touched_.push_back(slot);
    replace(slot, block);
}

void Copy::seal() {
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    const auto same = [&](std::uint32_t slot) {
        const Block* const before = shown(slots_.at(slot, published_));
        const Block* const now = shown(newest(slot));
        return before == now ||
               (before != nullptr && now != nullptr && before->sku() == now->sku());
    };
    touched_.erase(std::remove_if(touched_.begin(), touched_.end(), same), touched_.end());
    // First everything goes, by the skus that were, then comes, by those that are: at either time
    // all skus in the order are of one state, also when products swap theirs.
    for (const std::uint32_t slot : touched_) {
        if (const Block* const before = shown(slots_.at(slot, published_)); before != nullptr) {
            own_order().erase(slot, slots_, published_, graveyard_);
            erase_entry_later(before->sku_hash, slot);
        }
    }
    for (const std::uint32_t slot : touched_) {
        if (const Block* const now = shown(newest(slot)); now != nullptr) {
            own_order().insert(slot, slots_, sequence_, graveyard_);
            index(slot);
        }
    }
    touched_.clear();
}

void Copy::index(std::uint32_t slot) {
    Block& block = *slots_.head(slot).load(std::memory_order_relaxed);
    index_.insert(block, graveyard_, sequence_);
    block.indexed = true;
}

void Copy::erase_entry_later(std::uint32_t hash, std::uint32_t slot) {
    graveyard_.retire(sequence_, new Erasure{&index_, hash, slot}, bury_entry);
}

std::optional<std::uint32_t> Copy::slot_of(base::ProductId product) const noexcept {
    const auto found = slot_of_.find(product.value);
    return found == slot_of_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> Copy::number_of(base::StoreId store) const noexcept {
    const auto found = number_of_.find(store.value);
    return found == number_of_.end() ? std::nullopt : std::optional(found->second);
}

const Block* Copy::newest(std::uint32_t slot) const noexcept {
    return slots_.at(slot, sequence_);
}

std::size_t Copy::bytes() const noexcept {
    constexpr std::size_t kMapEntry = sizeof(SlotMap::value_type) + 1;
    return bytes_ + slots_.bytes() + index_.bytes() + order_->bytes() + stores_->bytes() +
           (slot_of_.bucket_count() + number_of_.bucket_count()) * kMapEntry +
           free_slots_.capacity() * sizeof(std::uint32_t) +
           cells_of_.capacity() * sizeof(std::size_t);
}

Block& Copy::own_block(std::uint32_t slot, std::uint32_t chunk_capacity) {
    Block* const block = slots_.head(slot).load(std::memory_order_relaxed);
    if (block->sequence == sequence_ && block->chunk_capacity >= chunk_capacity) {
        return *block;
    }
    Block* const copy =
        copy_block(arena_, sequence_, *block, std::max({1U, block->chunk_count, chunk_capacity}));
    replace(slot, copy);
    return *copy;
}

Chunk& Copy::own_chunk(Block& block, std::uint32_t chunk, std::uint32_t capacity) {
    Chunk* const held = block.chunks()[chunk];
    if (held->sequence == sequence_ && held->capacity >= capacity) {
        return *held;
    }
    Chunk* const copy = new_chunk(std::max(held->count, capacity));
    std::copy_n(held->cells(), held->count, copy->cells());
    copy->count = held->count;
    block.chunks()[chunk] = copy;
    retire(held);
    return *copy;
}

void Copy::replace(std::uint32_t slot, Block* block) {
    std::atomic<Block*>& head = slots_.head(slot);
    Block* const old = head.load(std::memory_order_relaxed);
    // One of this batch is nobody's past.
    block->previous = old != nullptr && old->sequence == sequence_ ? old->previous : old;
    bytes_ += Arena::taken(block->bytes());
    head.store(block, std::memory_order_release);
    block->indexed = false;
    if (old == nullptr) {
        return;
    }
    if (old->indexed) {
        if (block->visible() && block->sku() == old->sku()) {
            index_.repoint(*old, *block);
            block->indexed = true;
        } else {
            index_.detach(*old, slot);
        }
    }
    retire(old);
}

Chunk* Copy::new_chunk(std::uint32_t capacity) {
    Chunk* const chunk = make_chunk(arena_, sequence_, capacity);
    bytes_ += Arena::taken(chunk->bytes());
    return chunk;
}

void Copy::retire(Chunk* chunk) {
    bytes_ -= Arena::taken(chunk->bytes());
    graveyard_.retire(sequence_, chunk, bury_chunk);
}

void Copy::retire(Block* block) {
    bytes_ -= Arena::taken(block->bytes());
    graveyard_.retire(sequence_, block, bury_block);
}

std::uint32_t Copy::slot_for(base::ProductId product) {
    const auto [found, added] = slot_of_.try_emplace(product.value, 0U);
    if (!added) {
        return found->second;
    }
    // A freed slot may be taken at once, even in the batch that freed it: blocks carry their
    // product's key, and readers of older states find the old product further down.
    if (free_slots_.empty()) {
        found->second = slots_.add();
    } else {
        found->second = free_slots_.back();
        free_slots_.pop_back();
    }
    const std::uint32_t slot = found->second;
    replace(slot, make_block(arena_, sequence_, product, 1));
    return slot;
}

void Copy::release_if_empty(std::uint32_t slot) {
    const Block& block = *newest(slot);
    if (!block.known && block.cell_count == 0) {
        slot_of_.erase(block.product);
        free_slots_.push_back(slot);
    }
}

SkuOrder& Copy::own_order() {
    if (order_->sequence() != sequence_) {
        auto* const copy = new SkuOrder(sequence_, *order_);
        graveyard_.retire(sequence_, order_, [](void* what) noexcept {
            delete static_cast<SkuOrder*>(what);
        });
        order_ = copy;
    }
    return *order_;
}

}  // namespace stockd::cache::detail
