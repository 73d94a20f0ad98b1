#include "web/api_request.hpp"

#include "web/parameters.hpp"
#include "web/views.hpp"

namespace stockd::web {

namespace {

using observe::Route;

constexpr unsigned kWaits = kTicket | kMinVersion | kWaitMs;

unsigned taken_by(Route route) {
    switch (route) {
        case Route::kProduct:
            return kStore | kWaits;
        case Route::kHasStock:
            return kStore | kQuantity | kUnit | kWaits;
        case Route::kProducts:
            return kId | kIds | kStore | kWaits;
        case Route::kList:
            return kLimit | kCursor | kStore | kTicket | kWaitMs;
        default:
            return 0;
    }
}

Problem unknown_path() {
    return {
        .status = 404,
        .code = "unknown_path",
        .message = "There is nothing at this path",
        .hint = "Products are at /api/inventory/{sku}, statistics at /api/inventory/cache.",
        .detail = {},
        .allow = {},
    };
}

Problem wrong_method(std::string_view allow) {
    return {
        .status = 405,
        .code = "method_not_allowed",
        .message = "This path does not take that method",
        .hint = "Allowed: " + std::string{allow} + ".",
        .detail = {},
        .allow = allow,
    };
}

/// /api/inventory, /api/inventory/{sku}, /api/inventory/{sku}/has-stock, /api/inventory/cache, and
/// the pages of views: /api/inventory/summary.
std::optional<Problem> parse_path(std::string_view path, ApiRequest& out) {
    constexpr std::string_view kRoot = "/api/inventory";
    if (!path.starts_with(kRoot)) {
        return unknown_path();
    }
    path.remove_prefix(kRoot.size());
    if (path.empty()) {
        out.route = Route::kList;
        return std::nullopt;
    }
    if (path.size() < 2 || path.front() != '/') {
        return unknown_path();
    }
    path.remove_prefix(1);
    const auto slash = path.find('/');
    if (auto problem = decode(path.substr(0, slash), Plus::kItself, "The path", out.sku)) {
        return problem;
    }
    if (slash == std::string_view::npos) {
        out.route = out.sku == "cache" ? Route::kCacheStats
                    : is_view(out.sku) ? Route::kView
                                       : Route::kProduct;
        return std::nullopt;
    }
    if (out.sku.empty() || path.substr(slash + 1) != "has-stock") {
        return unknown_path();
    }
    out.route = Route::kHasStock;
    return std::nullopt;
}

std::optional<Problem> check_together(unsigned given, ApiRequest& out) {
    if (out.route == Route::kList && (given & (kId | kIds)) != 0) {
        out.route = Route::kProducts;
    }
    const unsigned taken = taken_by(out.route);
    if ((given & ~taken) != 0) {
        return bad_request(
            "Parameter " + names_of(given & ~taken) + " does not belong to this request",
            "It takes: " + names_of(taken) + "."
        );
    }
    if (out.route == Route::kHasStock && (given & (kQuantity | kUnit)) != (kQuantity | kUnit)) {
        return bad_request(
            "Parameter " + names_of((kQuantity | kUnit) & ~given) + " is missing",
            "Write has-stock?quantity=5&unit=box (or pack, or piece)."
        );
    }
    if (out.min_version &&
        (!out.has_store || (out.route == Route::kProducts && out.ids.size() != 1))) {
        return bad_request(
            "Parameter min_version needs a store and one product",
            "Versions count per store and product: write ?store=CODE&min_version=N."
        );
    }
    return std::nullopt;
}

}  // namespace

void ApiRequest::reset() {
    route = Route::kOther;
    sku.clear();
    store.clear();
    has_store = false;
    ids.clear();
    quantity = 0;
    unit = base::Unit::kPiece;
    limit = 0;
    bytes_max = kUnbounded;
    after_sku.clear();
    view_filters.clear();
    ticket.reset();
    min_version.reset();
    wait.reset();
}

std::optional<Problem> parse_api_request(
    Method method, std::string_view target, const Limits& limits, ApiRequest& out
) {
    out.reset();
    const auto split = split_target(target);
    if (!split) {
        return unknown_path();
    }
    if (auto problem = parse_path(split->path, out)) {
        return problem;
    }
    const bool is_cache = out.route == Route::kCacheStats;
    if (method == Method::kPost && is_cache) {
        out.route = Route::kCacheAction;
    } else if (method != Method::kGet && method != Method::kHead) {
        return wrong_method(is_cache ? "GET, HEAD, POST" : "GET, HEAD");
    }
    if (out.route == Route::kView) {
        return read_view_filters(out.sku, split->query, out.view_filters);
    }
    out.limit = limits.page_default;
    unsigned given = 0;
    if (!split->query.empty()) {
        if (auto problem = read_parameters(split->query, limits, out, given)) {
            return problem;
        }
    }
    if (auto problem = check_together(given, out)) {
        return problem;
    }
    if (out.route == Route::kList) {
        out.bytes_max = limits.page_bytes_max;
    } else if (out.route == Route::kProducts) {
        out.bytes_max = limits.products_bytes_max;
    }
    return std::nullopt;
}

}  // namespace stockd::web
