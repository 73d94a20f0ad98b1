#pragma once

#include "cache/reading.hpp"
#include "web/api_request.hpp"
#include "web/follow.hpp"
#include "web/read_counters.hpp"

#include <optional>
#include <string>
#include <string_view>

/// The bodies of the public API's answers, from one published state. Pure; they append to `out`.
namespace stockd::web {

/// One product, over all stores or in the one asked for; zeros without a stock row.
void append_product(
    std::string& out, const cache::ProductView& product, std::optional<std::string_view> store
);

/// What one read found, for the statistics.
struct Found {
    std::uint64_t known = 0;
    std::uint64_t unknown = 0;
};

/// The answer of a read (product, products, list, has-stock), or the problem that it is; `out` then
/// holds nothing of use. REQUIRES: `out` is empty.
[[nodiscard]] std::optional<Problem> append_answer(
    std::string& out, const cache::Reading& reading, const ApiRequest& request, Found& found
);

/// The statistics: those of the cache as such, then of its use. cacheAgeMinutes and cacheAgeHours
/// stand only in the answer to GET.
struct CacheStats {
    bool is_cached = false;
    std::optional<base::Timestamp> last_refresh;
    base::Timestamp now;
    std::size_t product_count = 0;
    bool is_stale = true;
    ReadCounts reads;
    std::string position;
    std::int64_t drift = 0;
};

void append_stats(std::string& out, const CacheStats& stats, bool with_age_units);
void append_stats_answer(std::string& out, const CacheStats& stats);
void append_action_answer(std::string& out, CacheAction action, const CacheStats& stats);

}  // namespace stockd::web
