#include "cache/loader.hpp"

#include "cache/detail/copy_builder.hpp"

#include <malloc.h>

#include <utility>

namespace stockd::cache {

Loader::Loader(detail::Graveyard& graveyard)
    : graveyard_(graveyard),
      builder_(std::make_unique<detail::CopyBuilder>()) {}

Loader::~Loader() = default;

void Loader::add_store(change::StoreRow row) {
    builder_->add_store(std::move(row));
}

void Loader::add_product(change::ProductRow row) {
    builder_->add_product(std::move(row));
}

void Loader::add_stock(const change::StockRow& row) {
    builder_->add_stock(row);
}

void Loader::prepare() {
    if (copy_ != nullptr) {
        return;
    }
    copy_ = builder_->build(graveyard_);
#if defined(__GLIBC__)
    // What the load needed on the way was much and in small pieces; malloc would keep it for a
    // process that does not ask for as much again before the next load.
    malloc_trim(0);
#endif
}

std::size_t Loader::stock_rows() const noexcept {
    return builder_->stock_rows();
}

}  // namespace stockd::cache
