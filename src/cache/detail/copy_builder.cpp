#include "cache/detail/copy_builder.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace stockd::cache::detail {

void CopyBuilder::add_store(change::StoreRow row) {
    const std::uint32_t store = store_for(row.store);
    stores_.set(store, std::move(row));
}

void CopyBuilder::add_product(change::ProductRow row) {
    LoadedProduct& product = products_[slot_for(row.product)];
    product.row = std::move(row);
    product.known = true;
}

void CopyBuilder::add_stock(const change::StockRow& row) {
    STOCKD_ASSERT(
        count_ < std::numeric_limits<std::uint32_t>::max(), "more than 4 000 000 000 stock rows"
    );
    if (count_ % kPageCells == 0) {
        pages_.emplace_back(new LoadedCell[kPageCells]);
    }
    const std::uint32_t slot = slot_for(row.product);
    pages_.back()[count_ % kPageCells] = {cell_of(row, store_for(row.store)), slot};
    ++products_[slot].cells;
    ++count_;
}

std::uint32_t CopyBuilder::slot_for(base::ProductId product) {
    // A table mostly holds a store's products in the order in which they were made: a look instead
    // of a search.
    if (next_ < products_.size() && products_[next_].row.product == product) {
        return next_++;
    }
    const auto [found, added] =
        slot_of_.try_emplace(product.value, static_cast<std::uint32_t>(products_.size()));
    if (added) {
        products_.emplace_back();
        products_.back().row.product = product;
    }
    next_ = found->second + 1;
    return found->second;
}

std::uint32_t CopyBuilder::store_for(base::StoreId store) {
    const auto [found, added] = number_of_.try_emplace(store.value, stores_.size());
    if (added) {
        stores_.add(store);
    }
    return found->second;
}

std::unique_ptr<Copy> CopyBuilder::build(Graveyard& graveyard) {
    auto copy = std::make_unique<Copy>(products_.size(), graveyard, kSequence);
    copy->slot_of_ = std::move(slot_of_);
    copy->number_of_ = std::move(number_of_);
    *copy->stores_ = std::move(stores_);
    copy->stores_->update_ranks();
    copy->cells_of_.resize(copy->stores_->size());
    build_blocks(*copy);
    pages_.clear();
    products_.clear();
    build_order(*copy);
    return copy;
}

void CopyBuilder::build_blocks(Copy& copy) const {
    // Counting sort by product: where each product's rows begin, then the row numbers.
    std::vector<std::uint32_t> begin(products_.size() + 1, 0);
    for (std::size_t slot = 0; slot < products_.size(); ++slot) {
        begin[slot + 1] = begin[slot] + products_[slot].cells;
    }
    std::vector<std::uint32_t> rows(count_);
    std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
    for (std::uint32_t row = 0; row < count_; ++row) {
        rows[next[loaded(row).slot]++] = row;
    }
    // All blocks, then all chunks: what readers look at first lies close together.
    for (std::uint32_t slot = 0; slot < products_.size(); ++slot) {
        STOCKD_ASSERT(copy.slots_.add() == slot, "slots are numbered as the load saw them");
        copy.replace(slot, empty_block(copy, products_[slot]));
        copy.known_products_ += products_[slot].known ? 1U : 0U;
    }
    Ranked ranked;
    for (std::uint32_t slot = 0; slot < products_.size(); ++slot) {
        ranked.clear();
        for (std::uint32_t i = begin[slot]; i < begin[slot + 1]; ++i) {
            ranked.emplace_back(copy.stores_->rank(loaded(rows[i]).cell.store), rows[i]);
        }
        fill_block(copy, *copy.slots_.head(slot).load(std::memory_order_relaxed), ranked);
    }
}

Block* CopyBuilder::empty_block(Copy& copy, const LoadedProduct& product) {
    const std::uint32_t chunks = std::max(1U, (product.cells + kChunkCells - 1) / kChunkCells);
    Block* const unknown = make_block(copy.arena_, copy.sequence_, product.row.product, chunks);
    if (!product.known) {
        return unknown;
    }
    Block* const block = make_block(copy.arena_, copy.sequence_, product.row, *unknown, chunks);
    free_block(unknown);
    return block;
}

void CopyBuilder::fill_block(Copy& copy, Block& block, Ranked& ranked) const {
    // By rank, and the last that came first among equals.
    std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    const auto same_store = [](const auto& a, const auto& b) { return a.first == b.first; };
    ranked.erase(std::unique(ranked.begin(), ranked.end(), same_store), ranked.end());
    const auto count = static_cast<std::uint32_t>(ranked.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i % kChunkCells == 0) {
            block.chunks()[block.chunk_count++] = copy.new_chunk(std::min(kChunkCells, count - i));
        }
        Chunk& chunk = *block.chunks()[block.chunk_count - 1];
        chunk.cells()[chunk.count++] = loaded(ranked[i].second).cell;
        ++copy.cells_of_[loaded(ranked[i].second).cell.store];
    }
    copy.cells_ += count;
    add_up(block, *copy.stores_);
}

void CopyBuilder::build_order(Copy& copy) {
    std::vector<std::pair<std::string_view, std::uint32_t>> shown;
    shown.reserve(copy.known_products_);
    for (std::uint32_t slot = 0; slot < copy.slots_.size(); ++slot) {
        const Block& block = *copy.newest(slot);
        if (block.visible()) {
            shown.emplace_back(block.sku(), slot);
        }
    }
    std::sort(shown.begin(), shown.end());
    for (const auto& [sku, slot] : shown) {
        copy.order_->append(slot);
        copy.index(slot);
    }
}

}  // namespace stockd::cache::detail
