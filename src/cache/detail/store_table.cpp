#include "cache/detail/store_table.hpp"

#include <algorithm>
#include <numeric>

namespace stockd::cache::detail {

std::optional<std::uint32_t> StoreTable::find_active(std::string_view code) const noexcept {
    const auto found = std::partition_point(
        active_by_code_.begin(),
        active_by_code_.end(),
        [&](std::uint32_t store) { return stores_[store].row.code < code; }
    );
    if (found == active_by_code_.end() || stores_[*found].row.code != code) {
        return std::nullopt;
    }
    return *found;
}

std::size_t StoreTable::bytes() const noexcept {
    std::size_t total = sizeof(StoreTable) + stores_.capacity() * sizeof(Store) +
                        ranks_.capacity() * sizeof(Rank) +
                        active_by_code_.capacity() * sizeof(std::uint32_t);
    for (const Store& store : stores_) {
        total += store.row.code.capacity() + store.row.name.capacity();
    }
    return total;
}

std::uint32_t StoreTable::add(base::StoreId id) {
    Store store;
    store.row.store = id;
    store.row.active = false;
    stores_.push_back(std::move(store));
    ranks_.push_back({size() - 1, false});
    return size() - 1;
}

void StoreTable::set(std::uint32_t store, const std::optional<change::StoreRow>& now) {
    Store& held = stores_[store];
    held.known = now.has_value();
    if (now.has_value()) {
        held.row = *now;
    } else {
        held.row = {held.row.store, "", "", false};
    }
}

void StoreTable::update_ranks() {
    std::vector<std::uint32_t> order(stores_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const Store& left = stores_[a];
        const Store& right = stores_[b];
        if (left.known != right.known) {
            return left.known;
        }
        const int by_code = left.row.code.compare(right.row.code);
        return by_code != 0 ? by_code < 0 : a < b;
    });
    ranks_.resize(stores_.size());
    active_by_code_.clear();
    known_count_ = 0;
    for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
        const std::uint32_t store = order[rank];
        const bool active = stores_[store].known && stores_[store].row.active;
        ranks_[store] = {rank, active};
        known_count_ += stores_[store].known ? 1U : 0U;
        if (active) {
            active_by_code_.push_back(store);
        }
    }
}

}  // namespace stockd::cache::detail
