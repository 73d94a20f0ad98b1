#pragma once

#include "change/change.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::cache::detail {

/// All stores of one published state, by number: dense, given in order of first sight, and kept
/// until the next load. Also numbers stores of which only stock rows have come (not known).
/// Immutable once published; the writer copies it first.
class StoreTable {
  public:
    /// Number of the next store that is added.
    [[nodiscard]] std::uint32_t size() const noexcept {
        return static_cast<std::uint32_t>(stores_.size());
    }

    [[nodiscard]] const change::StoreRow& row(std::uint32_t store) const noexcept {
        return stores_[store].row;
    }

    [[nodiscard]] bool known(std::uint32_t store) const noexcept { return stores_[store].known; }

    [[nodiscard]] bool active(std::uint32_t store) const noexcept { return ranks_[store].active; }

    /// Place in byte order of the code; unknown stores come last. Cells of a product are kept in
    /// this order.
    [[nodiscard]] std::uint32_t rank(std::uint32_t store) const noexcept {
        return ranks_[store].rank;
    }

    /// Number of the active store of this code.
    [[nodiscard]] std::optional<std::uint32_t> find_active(std::string_view code) const noexcept;

    [[nodiscard]] std::size_t active_count() const noexcept { return active_by_code_.size(); }

    [[nodiscard]] std::size_t known_count() const noexcept { return known_count_; }

    [[nodiscard]] std::size_t bytes() const noexcept;

    /// A new store, not known yet: its rank is the last.
    std::uint32_t add(base::StoreId id);
    /// Nothing: the store becomes unknown. update_ranks() is due.
    void set(std::uint32_t store, const std::optional<change::StoreRow>& now);
    /// Brings rank(), active() and find_active() up to date. Cells of stores that were not changed
    /// keep their order.
    void update_ranks();

  private:
    struct Store {
        change::StoreRow row;
        bool known = false;
    };

    /// Apart from the rows because searching and adding up touch nothing else.
    struct Rank {
        std::uint32_t rank = 0;
        bool active = false;
    };

    std::vector<Store> stores_;
    std::vector<Rank> ranks_;
    std::vector<std::uint32_t> active_by_code_;
    std::size_t known_count_ = 0;
};

}  // namespace stockd::cache::detail
