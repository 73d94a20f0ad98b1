#pragma once

#include "cache/cache.hpp"
#include "cache/detail/copy.hpp"
#include "cache/detail/graveyard.hpp"
#include "cache/detail/pins.hpp"
#include "cache/detail/state.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace stockd::cache {

/// How a publication becomes visible, and how memory is got back:
///  1. the writer puts the new blocks in place; readers of older states pass them by, because their
///  sequence is too high;
///  2. `state` is set: whoever reads it now sees the whole publication;
///  3. what older states alone can reach is freed when no pin below the publication is left
///  (collect).
/// Pinning and reading `state`, and setting `state` and looking at the pins, are sequentially
/// consistent: either the writer sees the pin, or the reader sees the new state.
struct Cache::Parts {
    /// The only words that readers and the writer share besides the pins and the data.
    alignas(64) std::atomic<const detail::State*> state{nullptr};
    /// At most state's: what to pin before state may be looked into.
    std::atomic<std::uint64_t> sequence{0};
    detail::Pins pins;

    // The writer's.
    detail::Graveyard graveyard;
    std::unique_ptr<detail::Copy> copy;
    /// A batch was begun and, by an exception, not published: the copy is of no state. Only a load
    /// or clear() mends it.
    bool torn = false;

    [[nodiscard]] const detail::State& current() const noexcept {
        return *state.load(std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t next_sequence() const noexcept {
        return sequence.load(std::memory_order_relaxed) + 1;
    }

    void publish(change::Position position, std::uint64_t generation, bool loaded);
    void swap_in(
        std::unique_ptr<detail::Copy> next,
        change::Position position,
        std::uint64_t generation,
        bool loaded
    );

    void collect() noexcept {
        graveyard.bury_until(pins.oldest(sequence.load(std::memory_order_relaxed)));
    }
};

}  // namespace stockd::cache
