#include "base/assert.hpp"
#include "cache/cache.hpp"
#include "cache/detail/cache_parts.hpp"

#include <map>
#include <utility>

namespace stockd::cache {

using detail::Block;
using detail::Copy;

namespace {

/// Puts both sides of every key together; what differs is drift, in key order.
template <class Drift, class Key>
std::vector<Drift> drifts_of(const std::map<Key, Drift>& sides) {
    std::vector<Drift> result;
    for (const auto& [key, drift] : sides) {
        if (drift.cached != drift.table) {
            result.push_back(drift);
        }
    }
    return result;
}

/// Calls what(slot) for every product of the range that the copy holds: by key when the range is
/// narrow, otherwise over all slots.
template <class What>
void for_each_slot(const Copy& copy, const AuditRange& range, What what) {
    const std::uint32_t slots = copy.slots().size();
    const auto width = static_cast<std::uint64_t>(range.last.value) -
                       static_cast<std::uint64_t>(range.first.value);
    if (range.last < range.first) {
        return;
    }
    if (width < slots) {
        for (std::uint64_t i = 0; i <= width; ++i) {
            const base::ProductId id{
                static_cast<std::int64_t>(static_cast<std::uint64_t>(range.first.value) + i)};
            if (const auto slot = copy.slot_of(id); slot.has_value()) {
                what(*copy.newest(*slot));
            }
        }
        return;
    }
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        const Block& block = *copy.newest(slot);
        if (block.product >= range.first.value && block.product <= range.last.value) {
            what(block);
        }
    }
}

}  // namespace

std::vector<StockDrift> Cache::audit_stock(
    const AuditRange& range,
    const std::vector<change::StockRow>& rows,
    const change::Position& position
) {
    if (!parts_->current().loaded) {
        return {};
    }
    STOCKD_ASSERT(
        position == parts_->current().position, "an audit compares at the published position"
    );
    const Copy& copy = *parts_->copy;
    std::map<std::pair<base::ProductId, base::StoreId>, StockDrift> sides;
    for_each_slot(copy, range, [&](const Block& block) {
        const base::ProductId product{block.product};
        for (std::uint32_t c = 0; c < block.chunk_count; ++c) {
            const detail::Chunk& chunk = *block.chunks()[c];
            for (std::uint32_t i = 0; i < chunk.count; ++i) {
                const base::StoreId store = copy.stores().row(chunk.cells()[i].store).store;
                if (!range.store.has_value() || *range.store == store) {
                    sides[{product, store}] = {
                        store,
                        product,
                        detail::row_of(chunk.cells()[i], product, store),
                        std::nullopt};
                }
            }
        }
    });
    for (const change::StockRow& row : rows) {
        StockDrift& drift = sides[{row.product, row.store}];
        drift.store = row.store;
        drift.product = row.product;
        drift.table = row;
    }
    std::vector<StockDrift> drifts = drifts_of(sides);
    change::ChangeSet heal;
    heal.position = position;
    for (const StockDrift& drift : drifts) {
        heal.stock.push_back({drift.store, drift.product, drift.table});
    }
    if (!drifts.empty()) {
        apply(heal);
    }
    return drifts;
}

std::vector<ProductDrift> Cache::audit_products(
    const AuditRange& range,
    const std::vector<change::ProductRow>& rows,
    const change::Position& position
) {
    if (!parts_->current().loaded) {
        return {};
    }
    STOCKD_ASSERT(
        position == parts_->current().position, "an audit compares at the published position"
    );
    std::map<base::ProductId, ProductDrift> sides;
    for_each_slot(*parts_->copy, range, [&](const Block& block) {
        if (block.known) {
            const base::ProductId id{block.product};
            sides[id] = {id, block.row(), std::nullopt};
        }
    });
    for (const change::ProductRow& row : rows) {
        sides[row.product].product = row.product;
        sides[row.product].table = row;
    }
    std::vector<ProductDrift> drifts = drifts_of(sides);
    change::ChangeSet heal;
    heal.position = position;
    for (const ProductDrift& drift : drifts) {
        heal.products.push_back({drift.product, drift.table});
    }
    if (!drifts.empty()) {
        apply(heal);
    }
    return drifts;
}

std::vector<StoreDrift> Cache::audit_stores(
    const std::vector<change::StoreRow>& rows, const change::Position& position
) {
    if (!parts_->current().loaded) {
        return {};
    }
    STOCKD_ASSERT(
        position == parts_->current().position, "an audit compares at the published position"
    );
    const detail::StoreTable& stores = parts_->copy->stores();
    std::map<base::StoreId, StoreDrift> sides;
    for (std::uint32_t store = 0; store < stores.size(); ++store) {
        if (stores.known(store)) {
            const change::StoreRow& row = stores.row(store);
            sides[row.store] = {row.store, row, std::nullopt};
        }
    }
    for (const change::StoreRow& row : rows) {
        sides[row.store].store = row.store;
        sides[row.store].table = row;
    }
    std::vector<StoreDrift> drifts = drifts_of(sides);
    change::ChangeSet heal;
    heal.position = position;
    for (const StoreDrift& drift : drifts) {
        heal.stores.push_back({drift.store, drift.table});
    }
    if (!drifts.empty()) {
        apply(heal);
    }
    return drifts;
}

}  // namespace stockd::cache
