#include "importer/line_ranges.hpp"

#include "base/assert.hpp"

#include <charconv>

namespace stockd::importer {

LineRanges LineRanges::parse(std::string_view multirange) {
    LineRanges ranges;
    for (auto at = multirange.find('['); at != std::string_view::npos;
         at = multirange.find('[', at + 1)) {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        const char* const end = multirange.data() + multirange.size();
        const auto [comma, error] = std::from_chars(multirange.data() + at + 1, end, first);
        const auto [close, error2] = std::from_chars(comma + 1, end, last);
        STOCKD_ASSERT(
            error == std::errc{} && error2 == std::errc{} && *close == ')',
            "PostgreSQL prints int8 ranges as [a,b)"
        );
        ranges.ranges_.emplace_back(first, last);
    }
    return ranges;
}

bool LineRanges::contains(std::uint64_t line) noexcept {
    while (at_ < ranges_.size() && ranges_[at_].second <= line) {
        ++at_;
    }
    return at_ < ranges_.size() && ranges_[at_].first <= line;
}

}  // namespace stockd::importer
