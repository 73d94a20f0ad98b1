#include "cache/loader.hpp"

#include "cache/detail/copy_builder.hpp"

#include <utility>

namespace stockd::cache {

Loader::Loader()
    : builder_(std::make_unique<detail::CopyBuilder>()) {}

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

std::size_t Loader::stock_rows() const noexcept {
    return builder_->stock_rows();
}

}  // namespace stockd::cache
