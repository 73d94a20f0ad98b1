#pragma once

#include "cache/detail/block.hpp"
#include "cache/detail/graveyard.hpp"
#include "cache/detail/sku_index.hpp"
#include "cache/detail/sku_order.hpp"
#include "cache/detail/slots.hpp"
#include "cache/detail/store_table.hpp"
#include "change/change.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace stockd::cache::detail {

/// What was loaded once, and everything applied since: the products with their stock, the stores,
/// index and order. Readers see it only through a State. The writer changes it in batches:
///   begin(sequence) · set_*() · seal(); then whoever owns the copy publishes `sequence`.
class Copy {
  public:
    using SlotMap = boost::unordered_flat_map<std::int64_t, std::uint32_t>;

    /// Empty, prepared for publication `sequence`.
    Copy(std::size_t expected_products, Graveyard& graveyard, std::uint64_t sequence);
    ~Copy();
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    Copy(Copy&&) = delete;
    Copy& operator=(Copy&&) = delete;

    // Any thread with a pin.
    [[nodiscard]] const Slots& slots() const noexcept { return slots_; }

    [[nodiscard]] const SkuIndex& index() const noexcept { return index_; }

    // The writer.
    /// All that follows until seal() becomes visible with publication `sequence`.
    void begin(std::uint64_t published, std::uint64_t sequence);
    /// A whole set, in the order that set_*() asks for.
    void change(const change::ChangeSet& changes);
    /// First of all in a batch. A code that changes hands, or a store that comes, goes or turns
    /// (in)active, costs O(stock rows) when the store has any: its rows move within their products.
    void set_stores(const std::vector<change::StoreChange>& changes);
    void set_product(const change::ProductChange& change);
    void set_stock(const change::StockChange& change);
    /// Brings index and order up to date.
    void seal();

    [[nodiscard]] const StoreTable& stores() const noexcept { return *stores_; }

    [[nodiscard]] const SkuOrder& order() const noexcept { return *order_; }

    [[nodiscard]] std::optional<std::uint32_t> slot_of(base::ProductId product) const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> number_of(base::StoreId store) const noexcept;
    /// As of the last set_*().
    [[nodiscard]] const Block* newest(std::uint32_t slot) const noexcept;

    [[nodiscard]] std::size_t known_products() const noexcept { return known_products_; }

    [[nodiscard]] std::size_t cells() const noexcept { return cells_; }

    [[nodiscard]] std::size_t bytes() const noexcept;

  private:
    friend class CopyBuilder;

    [[nodiscard]] Block& own_block(std::uint32_t slot, std::uint32_t chunk_capacity = 0);
    [[nodiscard]] Chunk& own_chunk(Block& block, std::uint32_t chunk, std::uint32_t capacity);
    void replace(std::uint32_t slot, Block* block);
    void index(std::uint32_t slot);
    void erase_entry_later(std::uint32_t hash, std::uint32_t slot);
    void drop_chunk(Block& block, std::uint32_t chunk);
    [[nodiscard]] Chunk* new_chunk(std::uint32_t capacity);
    void retire(Chunk* chunk);
    void retire(Block* block);

    [[nodiscard]] std::uint32_t slot_for(base::ProductId product);
    void release_if_empty(std::uint32_t slot);
    [[nodiscard]] StoreTable& own_stores();
    [[nodiscard]] std::uint32_t number_for(base::StoreId store);
    [[nodiscard]] SkuOrder& own_order();
    void move_cells(const std::vector<bool>& moved);
    void sort_cells(std::uint32_t slot);

    void insert_cell(std::uint32_t slot, Place place, const StockCell& cell);
    void split_chunk(std::uint32_t slot, std::uint32_t chunk);
    void update_cell(std::uint32_t slot, Place place, const StockCell& cell);
    void erase_cell(std::uint32_t slot, Place place);
    void count_in(Block& block, const StockCell& cell) const noexcept;
    void count_out(Block& block, const StockCell& cell) const noexcept;

    Graveyard& graveyard_;
    Arena arena_;
    std::uint64_t published_ = 0;
    std::uint64_t sequence_;
    Slots slots_;
    SkuIndex index_;
    SlotMap slot_of_;
    SlotMap number_of_;
    std::vector<std::uint32_t> free_slots_;
    StoreTable* stores_;
    std::uint64_t stores_sequence_;
    /// Stock rows per store, so that a store without any costs nothing.
    std::vector<std::size_t> cells_of_;
    SkuOrder* order_;
    /// Slots whose product may be shown otherwise than before this batch.
    std::vector<std::uint32_t> touched_;
    std::size_t known_products_ = 0;
    std::size_t cells_ = 0;
    /// Of blocks and chunks.
    std::size_t bytes_ = 0;
};

}  // namespace stockd::cache::detail
