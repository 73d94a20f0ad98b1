#include "cache/reading.hpp"

#include "cache/detail/state.hpp"

#include <algorithm>

namespace stockd::cache {

const PublishedState& Reading::state() const noexcept {
    return *state_;
}

std::optional<ProductView> Reading::find(std::string_view sku) const noexcept {
    const detail::Copy& copy = *state_->copy;
    const detail::Block* const block = copy.index().find(sku, copy.slots(), state_->sequence);
    if (block == nullptr) {
        return std::nullopt;
    }
    return ProductView(*block, *state_->stores);
}

bool Reading::has_store(std::string_view code) const noexcept {
    return state_->stores->find_active(code).has_value();
}

std::size_t Reading::product_count() const noexcept {
    return state_->order->size();
}

std::vector<ProductView> Reading::page(std::string_view after_sku, std::size_t limit) const {
    const detail::SkuOrder& order = *state_->order;
    const detail::Slots& slots = state_->copy->slots();
    std::vector<ProductView> result;
    result.reserve(std::min(limit, order.size()));
    // No sku is empty, so the empty text is before all of them.
    for (auto at = order.after(after_sku, slots, state_->sequence);
         result.size() < limit && !order.ended(at);
         order.advance(at)) {
        result.push_back(ProductView(*slots.at(order.slot(at), state_->sequence), *state_->stores));
    }
    return result;
}

}  // namespace stockd::cache
