#pragma once

#include "cache/product_view.hpp"
#include "change/position.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stockd::cache {

namespace detail {
struct State;
}

/// What is held. Active ones are what readers see; held counts also inactive ones and rows whose
/// store or product has not come yet.
struct CacheCounts {
    std::size_t products = 0;
    std::size_t stores = 0;
    std::size_t products_held = 0;
    std::size_t stores_held = 0;
    std::size_t stock_rows = 0;
    /// Memory of the published copy, in bytes.
    std::size_t bytes = 0;
    /// Pieces of older copies that could not be freed yet when this was published. Grows without
    /// end only if a Reading is never given back.
    std::size_t retired = 0;
};

/// The head of one published state.
struct PublishedState {
    change::Position position;
    /// change::short_hash(position); empty when not loaded.
    std::string position_hash;
    /// Grows by one with every publication of this cache, over loads and clears.
    std::uint64_t sequence = 0;
    /// Grows by one with every finished load.
    std::uint64_t generation = 0;
    /// False before the first load and after clear().
    bool loaded = false;
    CacheCounts counts;
};

/// A pin of one published state: everything read through it is of that state, however much is
/// published meanwhile. Takes no lock. Made by Cache::read() on any thread; used by one thread at a
/// time; hold it for one request only, because what it pins stays in memory. Must end before the
/// Cache does.
class Reading {
  public:
    Reading(Reading&& other) noexcept
        : state_(other.state_),
          pin_(std::exchange(other.pin_, nullptr)) {}

    Reading& operator=(Reading&& other) noexcept {
        if (this != &other) {
            unpin();
            state_ = other.state_;
            pin_ = std::exchange(other.pin_, nullptr);
        }
        return *this;
    }

    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    ~Reading() { unpin(); }

    [[nodiscard]] const PublishedState& state() const noexcept;
    /// Active products only.
    [[nodiscard]] std::optional<ProductView> find(std::string_view sku) const noexcept;
    /// Active stores only.
    [[nodiscard]] bool has_store(std::string_view code) const noexcept;
    /// Active products.
    [[nodiscard]] std::size_t product_count() const noexcept;
    /// Active products in byte order of the sku, those after `after_sku` (which need not exist;
    /// empty: from the start), at most `limit`.
    [[nodiscard]] std::vector<ProductView> page(std::string_view after_sku, std::size_t limit)
        const;

  private:
    friend class Cache;

    Reading(const detail::State& state, std::atomic<std::uint64_t>& pin) noexcept
        : state_(&state),
          pin_(&pin) {}

    void unpin() noexcept {
        if (pin_ != nullptr) {
            pin_->store(0, std::memory_order_release);
        }
    }

    const detail::State* state_;
    std::atomic<std::uint64_t>* pin_;
};

}  // namespace stockd::cache
