#include "app/cache_sink.hpp"

#include "base/assert.hpp"

#include <spdlog/fmt/fmt.h>

namespace stockd::app {

namespace {

std::string text_of(const std::optional<change::StockRow>& row) {
    return row ? fmt::format(
                     "on_hand {} reserved {} threshold {} allow_negative {} version {}",
                     row->on_hand,
                     row->reserved,
                     row->low_stock_threshold,
                     row->allow_negative,
                     row->version
                 )
               : "nothing";
}

std::string text_of(const std::optional<change::ProductRow>& row) {
    return row ? fmt::format(
                     "sku \"{}\" name \"{}\" pieces_per_pack {} packs_per_box {} active {}",
                     row->sku,
                     row->name,
                     row->pieces_per_pack,
                     row->packs_per_box,
                     row->active
                 )
               : "nothing";
}

std::string text_of(const std::optional<change::StoreRow>& row) {
    return row ? fmt::format("code \"{}\" name \"{}\" active {}", row->code, row->name, row->active)
               : "nothing";
}

/// The code of a key, or the key itself when the cache does not know it.
template <class Code>
std::string name_or_key(const Code& code, std::int64_t key) {
    return code ? std::string(*code) : "#" + std::to_string(key);
}

}  // namespace

change::LoadSink& CacheSink::begin_load() {
    STOCKD_ASSERT(!loader_, "one load at a time");
    loader_ = cache_.begin_load();
    return *loader_;
}

void CacheSink::prepare_load() {
    STOCKD_ASSERT(loader_ != nullptr, "a load was begun");
    loader_->prepare();
}

void CacheSink::finish_load(const change::Position& /*loaded_at*/, const change::ChangeSet& newer) {
    STOCKD_ASSERT(loader_ != nullptr, "a load was begun");
    cache_.finish_load(std::move(loader_), newer);
    tell(nullptr);
}

void CacheSink::abandon_load() {
    loader_.reset();
}

void CacheSink::apply(const change::ChangeSet& changes) {
    if (on_publishing_) {
        on_publishing_(changes);
    }
    cache_.apply(changes);
    tell(&changes);
}

void CacheSink::clear() {
    cache_.clear();
    tell(nullptr);
}

std::vector<observe::DriftHealed> CacheSink::audit(const source::AuditSlice& slice) {
    std::vector<observe::DriftHealed> found;
    const auto position = cache_.read().state().position;
    const cache::AuditRange range{slice.first, slice.last, std::nullopt};
    if (slice.stores) {
        for (const auto& drift : cache_.audit_stores(*slice.stores, position)) {
            const auto code = drift.table ? drift.table->code : drift.cached->code;
            found.push_back({"store", code, {}, text_of(drift.cached), text_of(drift.table)});
        }
    }
    for (const auto& drift : cache_.audit_products(range, slice.products, position)) {
        const auto sku = drift.table ? drift.table->sku : drift.cached->sku;
        found.push_back({"product", {}, sku, text_of(drift.cached), text_of(drift.table)});
    }
    for (const auto& drift : cache_.audit_stock(range, slice.stock, position)) {
        found.push_back(
            {"stock",
             name_or_key(cache_.store_code_of(drift.store), drift.store.value),
             name_or_key(cache_.sku_of(drift.product), drift.product.value),
             text_of(drift.cached),
             text_of(drift.table)}
        );
    }
    return found;
}

source::Counts CacheSink::counts() {
    const auto held = cache_.counts();
    return {
        static_cast<std::int64_t>(held.products),
        static_cast<std::int64_t>(held.stores),
        static_cast<std::int64_t>(held.stock_rows)};
}

std::optional<std::string> CacheSink::sku_of(base::ProductId product) {
    const auto sku = cache_.sku_of(product);
    return sku ? std::optional<std::string>{*sku} : std::nullopt;
}

std::optional<std::string> CacheSink::store_code_of(base::StoreId store) {
    const auto code = cache_.store_code_of(store);
    return code ? std::optional<std::string>{*code} : std::nullopt;
}

}  // namespace stockd::app
