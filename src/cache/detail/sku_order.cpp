#include "cache/detail/sku_order.hpp"

#include <algorithm>

namespace stockd::cache::detail {

namespace {

void bury_page(void* what) noexcept {
    delete static_cast<SkuOrder::Page*>(what);
}

}  // namespace

std::size_t SkuOrder::bytes() const noexcept {
    return sizeof(SkuOrder) + pages_.capacity() * sizeof(void*) + pages_.size() * sizeof(Page);
}

SkuOrder::Cursor SkuOrder::after(std::string_view sku, const Slots& slots, std::uint64_t sequence)
    const noexcept {
    const auto not_after = [&](std::uint32_t slot) {
        return slots.at(slot, sequence)->sku() <= sku;
    };
    const auto page = std::partition_point(pages_.begin(), pages_.end(), [&](const Page* p) {
        return not_after(p->slots[p->count - 1]);
    });
    if (page == pages_.end()) {
        return {pages_.size(), 0};
    }
    const std::uint32_t* first = (*page)->slots.data();
    const std::uint32_t* at = std::partition_point(first, first + (*page)->count, not_after);
    return {
        static_cast<std::size_t>(page - pages_.begin()), static_cast<std::uint32_t>(at - first)};
}

SkuOrder::Page& SkuOrder::own(std::size_t page, Graveyard& graveyard) {
    if (pages_[page]->sequence != sequence_) {
        auto* const copy = new Page(*pages_[page]);
        copy->sequence = sequence_;
        graveyard.retire(sequence_, pages_[page], bury_page);
        pages_[page] = copy;
    }
    return *pages_[page];
}

void SkuOrder::insert(
    std::uint32_t slot, const Slots& slots, std::uint64_t seen, Graveyard& graveyard
) {
    Cursor place = after(slots.at(slot, seen)->sku(), slots, seen);
    if (pages_.empty()) {
        append(slot);
        return;
    }
    if (place.page == pages_.size()) {
        place = {pages_.size() - 1, pages_.back()->count};
    }
    if (pages_[place.page]->count == kPageSlots) {
        Page& full = own(place.page, graveyard);
        auto* const upper = new Page{sequence_, kPageSlots / 2, {}};
        std::copy_n(full.slots.data() + kPageSlots / 2, kPageSlots / 2, upper->slots.data());
        full.count = kPageSlots / 2;
        pages_.insert(pages_.begin() + static_cast<std::ptrdiff_t>(place.page) + 1, upper);
        if (place.at > kPageSlots / 2) {
            place = {place.page + 1, place.at - kPageSlots / 2};
        }
    }
    Page& page = own(place.page, graveyard);
    std::uint32_t* const at = page.slots.data() + place.at;
    std::copy_backward(at, page.slots.data() + page.count, page.slots.data() + page.count + 1);
    *at = slot;
    ++page.count;
    ++size_;
}

void SkuOrder::erase(
    std::uint32_t slot, const Slots& slots, std::uint64_t seen, Graveyard& graveyard
) {
    const std::string_view sku = slots.at(slot, seen)->sku();
    // The sku is in the page whose last sku is the first that is not before it; equal skus cannot
    // be, but a copy that is wrong by an audit's standards must still not break here: look on.
    auto found = static_cast<std::size_t>(
        std::partition_point(
            pages_.begin(),
            pages_.end(),
            [&](const Page* p) { return slots.at(p->slots[p->count - 1], seen)->sku() < sku; }
        ) -
        pages_.begin()
    );
    for (; found < pages_.size(); ++found) {
        const Page& page = *pages_[found];
        const std::uint32_t* const end = page.slots.data() + page.count;
        const std::uint32_t* const at = std::find(page.slots.data(), end, slot);
        if (at != end) {
            const auto offset = at - page.slots.data();
            Page& mine = own(found, graveyard);
            std::copy(
                mine.slots.data() + offset + 1,
                mine.slots.data() + mine.count,
                mine.slots.data() + offset
            );
            --size_;
            if (--mine.count == 0) {
                graveyard.retire(sequence_, &mine, bury_page);
                pages_.erase(pages_.begin() + static_cast<std::ptrdiff_t>(found));
            }
            return;
        }
    }
    STOCKD_ASSERT(false, "a product leaves the order that is not in it");
}

void SkuOrder::append(std::uint32_t slot) {
    // Three quarters full: the next products in between do not split every page.
    constexpr std::uint32_t kFill = kPageSlots / 4 * 3;
    if (pages_.empty() || pages_.back()->count >= kFill) {
        pages_.push_back(new Page{sequence_, 0, {}});
    }
    Page& page = *pages_.back();
    page.slots[page.count++] = slot;
    ++size_;
}

void SkuOrder::free_pages() noexcept {
    for (Page* page : pages_) {
        delete page;
    }
    pages_.clear();
}

}  // namespace stockd::cache::detail
