#include "cache/cache.hpp"

#include "base/assert.hpp"
#include "cache/state.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

namespace stockd::cache {

using detail::Block;
using detail::State;
using detail::Tables;

namespace {

std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t result = 0;
    if (__builtin_add_overflow(a, b, &result)) {
        return b < 0 ? std::numeric_limits<std::int64_t>::min()
                     : std::numeric_limits<std::int64_t>::max();
    }
    return result;
}

std::shared_ptr<const State> build(Tables tables, PublishedState head) {
    auto state = std::make_shared<State>();
    static_cast<PublishedState&>(*state) = std::move(head);
    state->tables = std::move(tables);
    const Tables& held = state->tables;
    for (const auto& [id, store] : held.stores) {
        if (store.active) {
            state->codes.emplace(store.code, id);
        }
    }
    for (const auto& [id, product] : held.products) {
        if (product.active) {
            Block& block = state->skus[product.sku];
            block.row = product;
            block.updated_at = product.updated_at;
        }
    }
    for (const auto& [key, row] : held.stock) {
        const auto product = held.products.find(key.first);
        const auto store = held.stores.find(key.second);
        if (product == held.products.end() || store == held.stores.end() ||
            !product->second.active || !store->second.active) {
            continue;
        }
        Block& block = state->skus[product->second.sku];
        block.rows.push_back(
            {store->second.code,
             key.second,
             row.on_hand,
             row.reserved,
             row.low_stock_threshold,
             row.version,
             row.updated_at,
             row.allow_negative}
        );
        block.totals.on_hand = saturating_add(block.totals.on_hand, row.on_hand);
        block.totals.reserved = saturating_add(block.totals.reserved, row.reserved);
        block.updated_at = std::max(block.updated_at, row.updated_at);
    }
    for (auto& [sku, block] : state->skus) {
        std::sort(block.rows.begin(), block.rows.end(), [](const StockView& a, const StockView& b) {
            return a.store_code < b.store_code;
        });
    }
    state->counts = {
        state->skus.size(),
        state->codes.size(),
        held.products.size(),
        held.stores.size(),
        held.stock.size(),
        0};
    return state;
}

}  // namespace

struct Loader::Parts {
    Tables tables;
};

Loader::Loader()
    : parts_(std::make_unique<Parts>()) {}

Loader::~Loader() = default;

void Loader::add_store(change::StoreRow row) {
    parts_->tables.stores.insert_or_assign(row.store, std::move(row));
}

void Loader::add_product(change::ProductRow row) {
    parts_->tables.products.insert_or_assign(row.product, std::move(row));
}

void Loader::add_stock(const change::StockRow& row) {
    parts_->tables.stock.insert_or_assign({row.product, row.store}, row);
}

std::size_t Loader::stock_rows() const noexcept {
    return parts_->tables.stock.size();
}

Reading::Reading(std::shared_ptr<const State> state) noexcept
    : state_(std::move(state)) {}

Reading::Reading(Reading&& other) noexcept = default;
Reading& Reading::operator=(Reading&& other) noexcept = default;
Reading::~Reading() = default;

const PublishedState& Reading::state() const noexcept {
    return *state_;
}

std::optional<ProductView> Reading::find(std::string_view sku) const noexcept {
    const auto found = state_->skus.find(sku);
    if (found == state_->skus.end()) {
        return std::nullopt;
    }
    return ProductView(found->second, state_->store_table);
}

bool Reading::has_store(std::string_view code) const noexcept {
    return state_->codes.find(code) != state_->codes.end();
}

std::size_t Reading::product_count() const noexcept {
    return state_->skus.size();
}

std::vector<ProductView> Reading::page(std::string_view after_sku, std::size_t limit) const {
    std::vector<ProductView> result;
    for (auto it = state_->skus.upper_bound(after_sku);
         it != state_->skus.end() && result.size() < limit;
         ++it) {
        result.push_back(ProductView(it->second, state_->store_table));
    }
    return result;
}

struct Cache::Parts {
    mutable std::mutex mutex;
    std::shared_ptr<const State> published;

    std::shared_ptr<const State> get() const {
        const std::lock_guard<std::mutex> lock(mutex);
        return published;
    }

    void publish(Tables tables, PublishedState head) {
        auto next = build(std::move(tables), std::move(head));
        const std::lock_guard<std::mutex> lock(mutex);
        published = std::move(next);
    }
};

Cache::Cache()
    : parts_(std::make_unique<Parts>()) {
    parts_->publish({}, {{}, "", 1, 0, false, {}});
}

Cache::~Cache() = default;

Reading Cache::read() const noexcept {
    return Reading(parts_->get());
}

CacheCounts Cache::counts() const noexcept {
    return read().state().counts;
}

std::unique_ptr<Loader> Cache::begin_load() const {
    return std::unique_ptr<Loader>(new Loader());
}

void Cache::finish_load(std::unique_ptr<Loader> loader, change::Position position) {
    const auto now = parts_->get();
    std::string hash = change::short_hash(position);
    parts_->publish(
        std::move(loader->parts_->tables),
        {std::move(position), std::move(hash), now->sequence + 1, now->generation + 1, true, {}}
    );
}

void Cache::apply(const change::ChangeSet& changes) {
    const auto now = parts_->get();
    if (!now->loaded) {
        return;
    }
    Tables tables = now->tables;
    for (const change::StoreChange& change : changes.stores) {
        tables.stores.erase(change.store);
        if (change.now.has_value()) {
            tables.stores.emplace(change.store, *change.now);
        }
    }
    for (const change::ProductChange& change : changes.products) {
        tables.products.erase(change.product);
        if (change.now.has_value()) {
            tables.products.emplace(change.product, *change.now);
        }
    }
    for (const change::StockChange& change : changes.stock) {
        tables.stock.erase({change.product, change.store});
        if (change.now.has_value()) {
            tables.stock.emplace(std::pair(change.product, change.store), *change.now);
        }
    }
    parts_->publish(
        std::move(tables),
        {changes.position,
         change::short_hash(changes.position),
         now->sequence + 1,
         now->generation,
         true,
         {}}
    );
}

void Cache::clear() {
    const auto now = parts_->get();
    parts_->publish({}, {{}, "", now->sequence + 1, now->generation, false, {}});
}

void Cache::collect() {}

std::vector<StockDrift> Cache::audit_stock(
    const AuditRange& range,
    const std::vector<change::StockRow>& rows,
    const change::Position& position
) {
    const auto now = parts_->get();
    STOCKD_ASSERT(position == now->position, "an audit compares at the published position");
    std::map<std::pair<base::ProductId, base::StoreId>, StockDrift> all;
    for (const auto& [key, row] : now->tables.stock) {
        if (key.first > range.after && key.first <= range.through &&
            (!range.store.has_value() || key.second == *range.store)) {
            all[key] = {key.second, key.first, row, std::nullopt};
        }
    }
    for (const change::StockRow& row : rows) {
        StockDrift& drift = all[{row.product, row.store}];
        drift.store = row.store;
        drift.product = row.product;
        drift.table = row;
    }
    std::vector<StockDrift> result;
    change::ChangeSet heal;
    heal.position = position;
    for (auto& [key, drift] : all) {
        if (drift.cached != drift.table) {
            heal.stock.push_back({drift.store, drift.product, drift.table});
            result.push_back(drift);
        }
    }
    if (!result.empty()) {
        apply(heal);
    }
    return result;
}

std::vector<ProductDrift> Cache::audit_products(
    const AuditRange& range,
    const std::vector<change::ProductRow>& rows,
    const change::Position& position
) {
    const auto now = parts_->get();
    STOCKD_ASSERT(position == now->position, "an audit compares at the published position");
    std::map<base::ProductId, ProductDrift> all;
    for (const auto& [id, row] : now->tables.products) {
        if (id > range.after && id <= range.through) {
            all[id] = {id, row, std::nullopt};
        }
    }
    for (const change::ProductRow& row : rows) {
        all[row.product].product = row.product;
        all[row.product].table = row;
    }
    std::vector<ProductDrift> result;
    change::ChangeSet heal;
    heal.position = position;
    for (auto& [id, drift] : all) {
        if (drift.cached != drift.table) {
            heal.products.push_back({id, drift.table});
            result.push_back(drift);
        }
    }
    if (!result.empty()) {
        apply(heal);
    }
    return result;
}

std::vector<StoreDrift> Cache::audit_stores(
    const std::vector<change::StoreRow>& rows, const change::Position& position
) {
    const auto now = parts_->get();
    STOCKD_ASSERT(position == now->position, "an audit compares at the published position");
    std::map<base::StoreId, StoreDrift> all;
    for (const auto& [id, row] : now->tables.stores) {
        all[id] = {id, row, std::nullopt};
    }
    for (const change::StoreRow& row : rows) {
        all[row.store].store = row.store;
        all[row.store].table = row;
    }
    std::vector<StoreDrift> result;
    change::ChangeSet heal;
    heal.position = position;
    for (auto& [id, drift] : all) {
        if (drift.cached != drift.table) {
            heal.stores.push_back({id, drift.table});
            result.push_back(drift);
        }
    }
    if (!result.empty()) {
        apply(heal);
    }
    return result;
}

}  // namespace stockd::cache
