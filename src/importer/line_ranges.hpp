#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace stockd::importer {

/// Line numbers as the database keeps them: an int8multirange. Pure.
class LineRanges {
  public:
    /// "{[2,100),[105,106)}"; empty text and "{}" are no lines. Errors: kInternal for any other
    /// text.
    [[nodiscard]] static base::Result<LineRanges> parse(std::string_view multirange);

    /// Numbers are asked in growing order: O(1) each.
    [[nodiscard]] bool contains(std::uint64_t line) noexcept;

  private:
    std::vector<std::pair<std::uint64_t, std::uint64_t>>
        ranges_;  ///< first, one past the last; sorted
    std::size_t at_ = 0;
};

}  // namespace stockd::importer
