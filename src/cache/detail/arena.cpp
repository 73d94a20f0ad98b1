#include "cache/detail/arena.hpp"

#include <sys/mman.h>

#include <bit>
#include <new>

namespace stockd::cache::detail {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20U;

void* map_aligned(std::size_t size, std::size_t alignment) {
    // Mapped with room for the alignment, and what is outside it given back.
    const std::size_t wide = size + alignment;
    void* const mapped =
        mmap(nullptr, wide, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        throw std::bad_alloc();
    }
    auto* const begin = static_cast<char*>(mapped);
    const std::size_t before =
        (alignment - reinterpret_cast<std::uintptr_t>(begin) % alignment) % alignment;
    if (before > 0) {
        munmap(begin, before);
    }
    munmap(begin + before + size, alignment - before);
    // Only advice: without huge pages everything works, slower.
    madvise(begin + before, size, MADV_HUGEPAGE);
    return begin + before;
}

}  // namespace

void* map_pages(std::size_t size) {
    if (size >= kHugePage) {
        return map_aligned(size, kHugePage);
    }
    void* const mapped =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        throw std::bad_alloc();
    }
    return mapped;
}

void unmap_pages(void* pages, std::size_t size) noexcept {
    munmap(pages, size);
}

Arena::~Arena() {
    for (Region* region : regions_) {
        munmap(region, kRegion);
    }
}

void Arena::add_region() {
    // What is left of the last one is a piece like others.
    if (left_ > 0) {
        put(next_, left_);
        left_ = 0;
    }
    regions_.reserve(regions_.size() + 1);
    auto* const region = new (map_aligned(kRegion, kRegion)) Region{this};
    regions_.push_back(region);
    next_ = reinterpret_cast<char*>(region) + kRegionHeader;
    left_ = kRegion - kRegionHeader;
}

void Arena::put(void* piece, std::size_t size) noexcept {
    while (size > kLargest) {
        put(static_cast<char*>(piece) + size - kLargest, kLargest);
        size -= kLargest;
    }
    const std::size_t list = size / kGrain;
    free_[list] = new (piece) Free{free_[list]};
    has_free_[list / 64] |= std::uint64_t{1} << (list % 64);
}

void* Arena::take_free(std::size_t size) noexcept {
    const std::size_t list = size / kGrain;
    Free* const piece = free_[list];
    if (piece != nullptr) {
        free_[list] = piece->next;
        if (piece->next == nullptr) {
            has_free_[list / 64] &= ~(std::uint64_t{1} << (list % 64));
        }
    }
    return piece;
}

void* Arena::split_greater(std::size_t size) noexcept {
    const std::size_t least = size / kGrain + 1;
    for (std::size_t word = least / 64; word < has_free_.size(); ++word) {
        std::uint64_t lists = has_free_[word];
        if (word == least / 64) {
            lists &= ~std::uint64_t{0} << (least % 64);
        }
        if (lists != 0) {
            const std::size_t found =
                (word * 64 + static_cast<std::size_t>(std::countr_zero(lists))) * kGrain;
            auto* const piece = static_cast<char*>(take_free(found));
            put(piece + size, found - size);
            return piece;
        }
    }
    return nullptr;
}

void* Arena::allocate(std::size_t size) {
    size = taken(size);
    if (kSingly || size > kLargest) {
        // The arena's address before it, as a region has it at its beginning.
        auto* const memory = static_cast<char*>(::operator new(size + kGrain));
        new (memory) Region{this};
        ++singles_;
        return memory + kGrain;
    }
    void* piece = take_free(size);
    if (piece == nullptr && left_ < size) {
        piece = split_greater(size);
        if (piece == nullptr) {
            add_region();
        }
    }
    if (piece == nullptr) {
        piece = next_;
        next_ += size;
        left_ -= size;
    }
    return piece;
}

void Arena::free(void* piece, std::size_t size) noexcept {
    size = taken(size);
    if (kSingly || size > kLargest) {
        char* const memory = static_cast<char*>(piece) - kGrain;
        --reinterpret_cast<Region*>(memory)->arena->singles_;
        ::operator delete(memory);
        return;
    }
    const auto address = reinterpret_cast<std::uintptr_t>(piece);
    reinterpret_cast<Region*>(static_cast<char*>(piece) - address % kRegion)
        ->arena->put(piece, size);
}

}  // namespace stockd::cache::detail
