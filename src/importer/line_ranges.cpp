#include "importer/line_ranges.hpp"

#include <charconv>

namespace stockd::importer {

namespace {

base::Error malformed() {
    return {
        base::ErrorCode::kInternal,
        "the lines that were imported before are not as PostgreSQL prints them",
        "Expected \"{[2,100),[105,106)}\".",
        {},
        {}};
}

/// Takes the text off the front.
bool take(std::string_view& from, std::string_view text) {
    if (!from.starts_with(text)) {
        return false;
    }
    from.remove_prefix(text.size());
    return true;
}

bool take(std::string_view& from, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), number);
    from.remove_prefix(static_cast<std::size_t>(end - from.data()));
    return error == std::errc{};
}

}  // namespace

base::Result<LineRanges> LineRanges::parse(std::string_view multirange) {
    LineRanges ranges;
    if (multirange.empty()) {
        return ranges;
    }
    if (!take(multirange, "{")) {
        return malformed();
    }
    while (!take(multirange, "}")) {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        const bool is_next = ranges.ranges_.empty() || take(multirange, ",");
        if (!is_next || !take(multirange, "[") || !take(multirange, first) ||
            !take(multirange, ",") || !take(multirange, last) || !take(multirange, ")")) {
            return malformed();
        }
        ranges.ranges_.emplace_back(first, last);
    }
    if (!multirange.empty()) {
        return malformed();
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
