#pragma once

#include "cache/detail/graveyard.hpp"
#include "cache/detail/slots.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace stockd::cache::detail {

/// The slots of the shown products in byte order of their skus, in pages: one published state's.
/// The skus themselves are in the blocks that the state has. Immutable once published; a change
/// copies the list of pages and the pages it touches.
class SkuOrder {
  public:
    static constexpr std::uint32_t kPageSlots = 256;

    struct Page {
        std::uint64_t sequence;
        std::uint32_t count;
        std::array<std::uint32_t, kPageSlots> slots;
    };

    /// A place in the order; may be at its end.
    struct Cursor {
        std::size_t page = 0;
        std::uint32_t at = 0;
    };

    explicit SkuOrder(std::uint64_t sequence)
        : sequence_(sequence) {}

    SkuOrder(std::uint64_t sequence, const SkuOrder& from)
        : sequence_(sequence),
          pages_(from.pages_),
          size_(from.size_) {}

    ~SkuOrder() = default;
    SkuOrder(const SkuOrder&) = delete;
    SkuOrder& operator=(const SkuOrder&) = delete;
    SkuOrder(SkuOrder&&) = delete;
    SkuOrder& operator=(SkuOrder&&) = delete;

    [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] std::size_t bytes() const noexcept;

    /// The first product after `sku`, by the skus of publication `sequence`.
    [[nodiscard]] Cursor after(std::string_view sku, const Slots& slots, std::uint64_t sequence)
        const noexcept;

    [[nodiscard]] bool ended(const Cursor& cursor) const noexcept {
        return cursor.page == pages_.size();
    }

    [[nodiscard]] std::uint32_t slot(const Cursor& cursor) const noexcept {
        return pages_[cursor.page]->slots[cursor.at];
    }

    void advance(Cursor& cursor) const noexcept {
        if (++cursor.at == pages_[cursor.page]->count) {
            cursor = {cursor.page + 1, 0};
        }
    }

    /// The writer's changes, while this order is being prepared. Skus are those of publication
    /// `seen`, which must be true of everything in the order.
    void insert(std::uint32_t slot, const Slots& slots, std::uint64_t seen, Graveyard& graveyard);
    /// REQUIRES: it is there.
    void erase(std::uint32_t slot, const Slots& slots, std::uint64_t seen, Graveyard& graveyard);
    /// At the end of the order, without looking.
    void append(std::uint32_t slot);
    /// Frees the pages: for the last order of a copy that goes.
    void free_pages() noexcept;

  private:
    [[nodiscard]] Page& own(std::size_t page, Graveyard& graveyard);

    std::uint64_t sequence_;
    std::vector<Page*> pages_;
    std::size_t size_ = 0;
};

}  // namespace stockd::cache::detail
