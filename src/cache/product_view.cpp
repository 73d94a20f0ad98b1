#include "cache/product_view.hpp"

#include "base/assert.hpp"
#include "cache/detail/block.hpp"
#include "cache/detail/store_table.hpp"

#include <algorithm>
#include <limits>

namespace stockd::cache {

namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::int64_t clamp(detail::Int128 value) noexcept {
    return static_cast<std::int64_t>(std::clamp(value, detail::Int128{kMin}, detail::Int128{kMax}));
}

StockView view_of(const detail::StockCell& cell, const detail::StoreTable& stores) noexcept {
    const change::StoreRow& store = stores.row(cell.store);
    return {
        store.code,
        store.store,
        cell.on_hand,
        cell.reserved,
        cell.low_stock_threshold,
        cell.version,
        base::Timestamp{cell.updated_us},
        cell.allow_negative};
}

}  // namespace

std::int64_t StockView::available() const noexcept {
    return clamp(detail::Int128{on_hand} - reserved);
}

std::int64_t Totals::available() const noexcept {
    return clamp(detail::Int128{on_hand} - reserved);
}

base::ProductId ProductView::id() const noexcept {
    return base::ProductId{block_->product};
}

std::string_view ProductView::sku() const noexcept {
    return block_->sku();
}

std::string_view ProductView::name() const noexcept {
    return block_->name();
}

base::Packing ProductView::packing() const noexcept {
    return {block_->pieces_per_pack, block_->packs_per_box};
}

Totals ProductView::totals() const noexcept {
    return {clamp(block_->on_hand), clamp(block_->reserved)};
}

base::Timestamp ProductView::updated_at() const noexcept {
    return base::Timestamp{block_->updated_us};
}

std::size_t ProductView::stock_count() const noexcept {
    return block_->visible_count;
}

StockView ProductView::stock(std::size_t i) const noexcept {
    STOCKD_ASSERT(i < block_->visible_count, "there are stock_count() rows");
    const auto cell_at = [&](const Cursor& at) -> const detail::StockCell& {
        return block_->chunks()[at.chunk]->cells()[at.cell];
    };
    const auto next = [&](Cursor& at) {
        if (++at.cell == block_->chunks()[at.chunk]->count) {
            ++at.chunk;
            at.cell = 0;
        }
    };
    if (i < cursor_.row) {
        cursor_ = {};
    }
    // The cursor may stand before its row, on cells of inactive stores.
    for (;;) {
        while (!stores_->active(cell_at(cursor_).store)) {
            next(cursor_);
        }
        if (cursor_.row == i) {
            return view_of(cell_at(cursor_), *stores_);
        }
        next(cursor_);
        ++cursor_.row;
    }
}

std::optional<StockView> ProductView::stock_in(std::string_view store_code) const noexcept {
    const std::optional<std::uint32_t> store = stores_->find_active(store_code);
    if (!store.has_value()) {
        return std::nullopt;
    }
    const detail::Place place = block_->place_of(*store, *stores_);
    if (!place.found) {
        return std::nullopt;
    }
    return view_of(block_->chunks()[place.chunk]->cells()[place.cell], *stores_);
}

bool has_stock(
    const ProductView& product,
    std::int64_t quantity,
    base::Unit unit,
    std::optional<std::string_view> store_code
) noexcept {
    if (quantity <= 0) {
        return true;
    }
    const std::optional<std::int64_t> pieces = base::to_pieces(quantity, unit, product.packing());
    if (!pieces.has_value()) {
        return false;
    }
    if (!store_code.has_value()) {
        return product.totals().available() >= *pieces;
    }
    const std::optional<StockView> row = product.stock_in(*store_code);
    return row.has_value() && row->available() >= *pieces;
}

}  // namespace stockd::cache
