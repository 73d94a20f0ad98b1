#pragma once

#include "cache/audit.hpp"
#include "cache/loader.hpp"
#include "cache/reading.hpp"
#include "change/change.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace stockd::cache {

/// The exact copy of the stock in memory. One writer thread calls everything but read() and
/// counts(), which any thread may call at any time: readers never wait for the writer, nor the
/// writer for readers. Owned by the composition root.
///
/// Rows may come before the store or product they belong to; they are kept and appear when it does.
/// Inactive products and stores are held and not shown.
class Cache {
  public:
    Cache();
    ~Cache();
    Cache(const Cache&) = delete;
    Cache& operator=(const Cache&) = delete;
    Cache(Cache&&) = delete;
    Cache& operator=(Cache&&) = delete;

    [[nodiscard]] Reading read() const noexcept;
    [[nodiscard]] CacheCounts counts() const noexcept;

    [[nodiscard]] std::unique_ptr<Loader> begin_load() const;
    /// Builds the new copy (O(rows)), unless Loader::prepare() did, and swaps it in at once.
    void finish_load(std::unique_ptr<Loader> loader, change::Position position);
    /// The same for rows of an older position: `newer` is what has changed since, and its position
    /// the one published.
    void finish_load(std::unique_ptr<Loader> loader, const change::ChangeSet& newer);
    /// The whole set becomes visible at once, with its position. Ignored while nothing is loaded.
    /// REQUIRES: same incarnation as the load, and a position that did not go back.
    void apply(const change::ChangeSet& changes);
    /// Empty and not loaded, until the next finish_load().
    void clear();
    /// Frees what no Reading can see any more. The other calls of the writer do it too; for a
    /// writer that is idle.
    void collect();

    /// Compares the complete rows of the tables in the range with the copy, heals the copy in one
    /// publication and returns what differed, in key order. `position` is where the rows were read.
    /// REQUIRES: position is the published one.
    [[nodiscard]] std::vector<StockDrift> audit_stock(
        const AuditRange& range,
        const std::vector<change::StockRow>& rows,
        const change::Position& position
    );
    /// The range's store does not matter here.
    [[nodiscard]] std::vector<ProductDrift> audit_products(
        const AuditRange& range,
        const std::vector<change::ProductRow>& rows,
        const change::Position& position
    );
    [[nodiscard]] std::vector<StoreDrift> audit_stores(
        const std::vector<change::StoreRow>& rows, const change::Position& position
    );

    /// Code of a product or store as the writer has it, shown or not; nothing when it does not hold
    /// the key. The text is valid until the writer's next call.
    [[nodiscard]] std::optional<std::string_view> sku_of(base::ProductId product) const noexcept;
    [[nodiscard]] std::optional<std::string_view> store_code_of(base::StoreId store) const noexcept;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace stockd::cache
