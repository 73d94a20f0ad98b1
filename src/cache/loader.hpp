#pragma once

#include "change/change.hpp"

#include <cstddef>
#include <memory>

namespace stockd::cache {

namespace detail {
class CopyBuilder;
}

/// Collects a full load aside, in any order, while the old copy serves. Made by
/// Cache::begin_load(), given back to Cache::finish_load(), or just dropped. Used by one thread;
/// touches nothing of the Cache until it is finished.
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

    [[nodiscard]] std::size_t stock_rows() const noexcept;

  private:
    friend class Cache;
    Loader();

    std::unique_ptr<detail::CopyBuilder> builder_;
};

}  // namespace stockd::cache
