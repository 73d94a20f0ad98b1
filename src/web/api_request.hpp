#pragma once

#include "base/units.hpp"
#include "change/snapshot.hpp"
#include "observe/observation.hpp"
#include "web/options.hpp"
#include "web/problem.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::web {

enum class Method : std::uint8_t { kGet, kHead, kPost, kOther };

enum class CacheAction : std::uint8_t { kRefresh, kClear };

/// One understood request of the public API. Reused from request to request, so that the usual one
/// allocates nothing.
struct ApiRequest {
    observe::Route route = observe::Route::kOther;
    std::string sku;
    std::string store;  ///< meaningful when has_store
    bool has_store = false;
    std::vector<std::string> ids;  ///< without repeats, in the order asked
    std::int64_t quantity = 0;
    base::Unit unit = base::Unit::kPiece;
    std::size_t limit = 0;
    std::size_t bytes_max = kUnbounded;  ///< of the answer's body
    std::string after_sku;               ///< from the cursor; empty: from the start
    std::string view_filters;            ///< of Route::kView, whose name is `sku`
    std::optional<change::Xid> ticket;
    std::optional<std::int64_t> min_version;
    std::optional<std::chrono::milliseconds> wait;

    static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();

    void reset();
};

/// Route and query of a request line into `out`. A POST's body is read by parse_action.
[[nodiscard]] std::optional<Problem> parse_api_request(
    Method method, std::string_view target, const Limits& limits, ApiRequest& out
);

/// A browser says which page a POST comes from: a page of another origin may not make its reader's
/// browser act here. Programs send no Origin.
[[nodiscard]] std::optional<Problem> refuse_foreign_page(
    std::string_view origin, std::string_view host
);

/// The body of POST /api/inventory/cache. `media_type` is the Content-Type header, empty when there
/// is none.
[[nodiscard]] std::optional<Problem> parse_action(
    std::string_view media_type, std::string_view body, CacheAction& out
);

}  // namespace stockd::web
