#include "cache/cache.hpp"

#include "base/assert.hpp"
#include "cache/detail/cache_parts.hpp"
#include "cache/detail/copy_builder.hpp"

#include <utility>

namespace stockd::cache {

using detail::Copy;
using detail::State;

void Cache::Parts::publish(change::Position position, std::uint64_t generation, bool loaded) {
    auto next = std::make_unique<State>();
    next->position = std::move(position);
    next->position_hash = loaded ? change::short_hash(next->position) : std::string();
    next->sequence = next_sequence();
    next->generation = generation;
    next->loaded = loaded;
    next->copy = copy.get();
    next->stores = &copy->stores();
    next->order = &copy->order();
    next->counts = {
        copy->order().size(),
        copy->stores().active_count(),
        copy->known_products(),
        copy->stores().known_count(),
        copy->cells(),
        copy->bytes(),
        graveyard.size()};
    const State* const old = state.load(std::memory_order_relaxed);
    if (old != nullptr) {
        graveyard.retire(next->sequence, const_cast<State*>(old), [](void* what) noexcept {
            delete static_cast<State*>(what);
        });
    }
    const std::uint64_t published = next->sequence;
    state.store(next.release(), std::memory_order_seq_cst);
    sequence.store(published, std::memory_order_release);
    collect();
}

void Cache::Parts::swap_in(
    std::unique_ptr<Copy> next, change::Position position, std::uint64_t generation, bool loaded
) {
    std::unique_ptr<Copy> old = std::exchange(copy, std::move(next));
    if (old != nullptr) {
        graveyard.retire(next_sequence(), old.release(), [](void* what) noexcept {
            delete static_cast<Copy*>(what);
        });
    }
    torn = false;
    publish(std::move(position), generation, loaded);
}

Cache::Cache()
    : parts_(std::make_unique<Parts>()) {
    clear();
}

Cache::~Cache() {
    Parts& parts = *parts_;
    const std::uint64_t published = parts.sequence.load(std::memory_order_relaxed);
    STOCKD_ASSERT(
        parts.pins.oldest(published + 1) == published + 1, "a Reading outlives its Cache"
    );
    parts.graveyard.bury_all();
    delete parts.state.load(std::memory_order_relaxed);
}

Reading Cache::read() const noexcept {
    const Parts& parts = *parts_;
    detail::Pins::Slot& pin = parts.pins.pin(parts.sequence.load(std::memory_order_acquire));
    return {*parts.state.load(std::memory_order_seq_cst), pin.sequence};
}

CacheCounts Cache::counts() const noexcept {
    return read().state().counts;
}

std::unique_ptr<Loader> Cache::begin_load() const {
    return std::unique_ptr<Loader>(new Loader(parts_->graveyard));
}

void Cache::finish_load(std::unique_ptr<Loader> loader, change::Position position) {
    change::ChangeSet nothing;
    nothing.position = std::move(position);
    finish_load(std::move(loader), nothing);
}

void Cache::finish_load(std::unique_ptr<Loader> loader, const change::ChangeSet& newer) {
    STOCKD_ASSERT(loader != nullptr, "finish_load() takes what begin_load() gave");
    loader->prepare();
    auto next = std::move(loader->copy_);
    const std::uint64_t sequence = parts_->next_sequence();
    try {
        next->begin(detail::CopyBuilder::kSequence, sequence);
        next->change(newer);
        next->seal();
    } catch (...) {
        // What it has retired so far is a part of it, and must go first.
        parts_->graveyard.retire(sequence, next.release(), [](void* what) noexcept {
            delete static_cast<Copy*>(what);
        });
        throw;
    }
    parts_->swap_in(std::move(next), newer.position, parts_->current().generation + 1, true);
}

void Cache::apply(const change::ChangeSet& changes) {
    Parts& parts = *parts_;
    const State& current = parts.current();
    if (!current.loaded) {
        return;
    }
    STOCKD_ASSERT(!parts.torn, "a batch was left half applied: only a load may follow");
    STOCKD_ASSERT(
        changes.position.incarnation == current.position.incarnation,
        "no step crosses incarnations: a load does"
    );
    STOCKD_ASSERT(
        changes.position.snapshot.xmax >= current.position.snapshot.xmax &&
            changes.position.snapshot.xmin >= current.position.snapshot.xmin,
        "the position went back"
    );
    parts.torn = true;
    Copy& copy = *parts.copy;
    copy.begin(current.sequence, parts.next_sequence());
    copy.change(changes);
    copy.seal();
    parts.torn = false;
    parts.publish(changes.position, current.generation, true);
}

void Cache::clear() {
    Parts& parts = *parts_;
    const State* const current = parts.state.load(std::memory_order_relaxed);
    parts.swap_in(
        std::make_unique<Copy>(0, parts.graveyard, parts.next_sequence()),
        {},
        current == nullptr ? 0 : current->generation,
        false
    );
}

void Cache::collect() {
    parts_->collect();
}

std::optional<std::string_view> Cache::sku_of(base::ProductId product) const noexcept {
    const auto slot = parts_->copy->slot_of(product);
    if (!slot.has_value() || !parts_->copy->newest(*slot)->known) {
        return std::nullopt;
    }
    return parts_->copy->newest(*slot)->sku();
}

std::optional<std::string_view> Cache::store_code_of(base::StoreId store) const noexcept {
    const auto number = parts_->copy->number_of(store);
    if (!number.has_value() || !parts_->copy->stores().known(*number)) {
        return std::nullopt;
    }
    return parts_->copy->stores().row(*number).code;
}

}  // namespace stockd::cache
