#pragma once

#include "cache/detail/copy.hpp"
#include "change/change.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace stockd::cache::detail {

/// Collects the rows of a load, in any order and with little work for each, then makes a Copy of
/// them. If a key comes twice, the last row counts.
class CopyBuilder {
  public:
    void add_store(change::StoreRow row);
    void add_product(change::ProductRow row);
    void add_stock(const change::StockRow& row);

    [[nodiscard]] std::size_t stock_rows() const noexcept { return count_; }

    /// What build() makes is of this publication, which is before the first of all.
    static constexpr std::uint64_t kSequence = 0;

    /// The builder is used up. The graveyard is left alone: it is where later changes of the copy
    /// will put what they replace, and another thread may be using it now.
    [[nodiscard]] std::unique_ptr<Copy> build(Graveyard& graveyard);

  private:
    struct LoadedCell {
        StockCell cell;
        std::uint32_t slot;
    };

    static constexpr std::uint32_t kPageBits = 14;
    static constexpr std::uint32_t kPageCells = 1U << kPageBits;

    [[nodiscard]] const LoadedCell& loaded(std::uint32_t row) const noexcept {
        return pages_[row >> kPageBits][row & (kPageCells - 1)];
    }

    std::uint32_t slot_for(base::ProductId product);
    std::uint32_t store_for(base::StoreId store);

    /// One slot per product key, also those of which only stock rows came: no name then.
    struct LoadedProduct {
        change::ProductRow row;
        bool known = false;
        std::uint32_t cells = 0;
    };

    /// The rows of a product: rank of the store, number of the row.
    using Ranked = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

    void build_blocks(Copy& copy) const;
    [[nodiscard]] static Block* empty_block(Copy& copy, const LoadedProduct& product);
    void fill_block(Copy& copy, Block& block, Ranked& ranked) const;
    static void build_order(Copy& copy);

    std::vector<LoadedProduct> products_;
    /// The slot after the last one that was asked for.
    std::uint32_t next_ = 0;
    Copy::SlotMap slot_of_;
    StoreTable stores_;
    Copy::SlotMap number_of_;
    /// In pages, so that a million rows are not copied again and again as they come.
    std::vector<std::unique_ptr<LoadedCell[]>> pages_;
    std::size_t count_ = 0;
};

}  // namespace stockd::cache::detail
