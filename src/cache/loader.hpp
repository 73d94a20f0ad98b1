#pragma once

#include "change/change.hpp"

#include <cstddef>
#include <memory>

namespace stockd::cache {

namespace detail {
class Copy;
class CopyBuilder;
class Graveyard;
}  // namespace detail

/// Collects a full load aside, in any order, while the old copy serves. Made by
/// Cache::begin_load(), given back to Cache::finish_load(), or just dropped. Used by one thread at
/// a time, which need not be the writer's; touches nothing of the Cache until it is finished.
class Loader : public change::LoadSink {
  public:
    ~Loader() override;
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;
    Loader(Loader&&) = delete;
    Loader& operator=(Loader&&) = delete;

    void add_store(change::StoreRow row) override;
    void add_product(change::ProductRow row) override;
    void add_stock(const change::StockRow& row) override;

    /// No row comes any more: builds the copy, O(rows), so that finish_load() need not.
    void prepare();

    [[nodiscard]] std::size_t stock_rows() const noexcept;

  private:
    friend class Cache;
    explicit Loader(detail::Graveyard& graveyard);

    detail::Graveyard& graveyard_;
    std::unique_ptr<detail::CopyBuilder> builder_;
    std::unique_ptr<detail::Copy> copy_;
};

}  // namespace stockd::cache
