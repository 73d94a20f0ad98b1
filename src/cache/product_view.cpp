#include "cache/product_view.hpp"

#include "cache/state.hpp"

#include <limits>

namespace stockd::cache {

namespace {

std::int64_t saturating_sub(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t result = 0;
    if (__builtin_sub_overflow(a, b, &result)) {
        return b > 0 ? std::numeric_limits<std::int64_t>::min()
                     : std::numeric_limits<std::int64_t>::max();
    }
    return result;
}

}  // namespace

std::int64_t StockView::available() const noexcept {
    return saturating_sub(on_hand, reserved);
}

std::int64_t Totals::available() const noexcept {
    return saturating_sub(on_hand, reserved);
}

base::ProductId ProductView::id() const noexcept {
    return block_->row.product;
}

std::string_view ProductView::sku() const noexcept {
    return block_->row.sku;
}

std::string_view ProductView::name() const noexcept {
    return block_->row.name;
}

base::Packing ProductView::packing() const noexcept {
    return {block_->row.pieces_per_pack, block_->row.packs_per_box};
}

Totals ProductView::totals() const noexcept {
    return block_->totals;
}

base::Timestamp ProductView::updated_at() const noexcept {
    return block_->updated_at;
}

std::size_t ProductView::stock_count() const noexcept {
    return block_->rows.size();
}

StockView ProductView::stock(std::size_t i) const noexcept {
    return block_->rows[i];
}

std::optional<StockView> ProductView::stock_in(std::string_view store_code) const noexcept {
    for (const StockView& row : block_->rows) {
        if (row.store_code == store_code) {
            return row;
        }
    }
    return std::nullopt;
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
