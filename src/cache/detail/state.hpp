#pragma once

#include "cache/detail/copy.hpp"
#include "cache/reading.hpp"

namespace stockd::cache::detail {

/// One publication, whole: what a pinned reader starts from. Immutable.
struct State : PublishedState {
    const Copy* copy = nullptr;
    const StoreTable* stores = nullptr;
    const SkuOrder* order = nullptr;
};

}  // namespace stockd::cache::detail
