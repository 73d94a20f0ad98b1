#include "web/answers.hpp"

#include "web/json.hpp"
#include "web/query.hpp"

#include <algorithm>

namespace stockd::web {

namespace {

constexpr std::int64_t kMsPerMinute = 60'000;
constexpr std::int64_t kMsPerHour = 3'600'000;

Problem unknown_product(std::string_view sku) {
    return {
        .status = 404,
        .code = "unknown_product",
        .message = "Unknown product " + quoted(sku),
        .hint =
            "Codes are case-sensitive; /api/inventory lists them. A new product is here once its "
            "transaction is committed and read: wait for it with ?ticket=.",
        .detail = {},
        .allow = {},
    };
}

Problem unknown_store(std::string_view store) {
    return {
        .status = 404,
        .code = "unknown_store",
        .message = "Unknown store " + quoted(store),
        .hint = "Store codes are case-sensitive, and only active stores are shown.",
        .detail = {},
        .allow = {},
    };
}

void append_store(std::string& out, const cache::StockView& row) {
    out += R"({"storeId":)";
    append_json(out, row.store_code);
    out += R"(,"onHand":)";
    append_json(out, row.on_hand);
    out += R"(,"reserved":)";
    append_json(out, row.reserved);
    out += R"(,"available":)";
    append_json(out, row.available());
    out += R"(,"lowStockThreshold":)";
    append_json(out, row.low_stock_threshold);
    out += R"(,"version":)";
    append_json(out, row.version);
    out += R"(,"lastUpdated":)";
    append_json(out, row.updated_at);
    out += '}';
}

void append_figures(
    std::string& out,
    const cache::ProductView& product,
    const cache::Totals& totals,
    base::Timestamp updated_at
) {
    const auto packing = product.packing();
    const auto available = totals.available();
    const auto whole = base::break_down(available, packing);
    out += R"({"productId":)";
    append_json(out, product.sku());
    out += R"(,"productName":)";
    append_json(out, product.name());
    out += R"(,"piecesPerPack":)";
    append_json(out, packing.pieces_per_pack);
    out += R"(,"packsPerBox":)";
    append_json(out, packing.packs_per_box);
    out += R"(,"totalPieces":)";
    append_json(out, totals.on_hand);
    out += R"(,"reservedPieces":)";
    append_json(out, totals.reserved);
    out += R"(,"availableTotal":)";
    append_json(out, available);
    out += R"(,"availableBoxes":)";
    append_json(out, whole.boxes);
    out += R"(,"availablePacks":)";
    append_json(out, whole.packs);
    out += R"(,"availablePieces":)";
    append_json(out, whole.pieces);
    out += R"(,"lastUpdated":)";
    append_json(out, updated_at);
    out += R"(,"stores":[)";
}

std::optional<std::string_view> store_of(const ApiRequest& request) {
    return request.has_store ? std::optional<std::string_view>{request.store} : std::nullopt;
}

Problem too_large(std::size_t bytes_max) {
    constexpr std::size_t kKiB = 1024;
    return {
        .status = 400,
        .code = "answer_too_large",
        .message = "The answer would be larger than " + std::to_string(bytes_max / kKiB) + " KiB",
        .hint = "Ask for fewer products at a time, or for one store with store=CODE.",
        .detail = {},
        .allow = {},
    };
}

std::optional<Problem> append_many(
    std::string& out, const cache::Reading& reading, const ApiRequest& request, Found& found
) {
    std::string unknown;
    out += R"({"products":{)";
    for (const auto& id : request.ids) {
        const auto product = reading.find(id);
        if (!product) {
            unknown += unknown.empty() ? "" : ",";
            append_json(unknown, id);
            ++found.unknown;
            continue;
        }
        out += found.known == 0 ? "" : ",";
        append_json(out, id);
        out += ':';
        append_product(out, *product, store_of(request));
        ++found.known;
        if (out.size() > request.bytes_max) {
            found = {};
            return too_large(request.bytes_max);
        }
    }
    out += R"(},"unknown":[)";
    out += unknown;
    out += "]}";
    return std::nullopt;
}

void append_page(
    std::string& out, const cache::Reading& reading, const ApiRequest& request, Found& found
) {
    // One more than asked: whether there is a next page.
    const auto products = reading.page(request.after_sku, request.limit + 1);
    const auto count_max = std::min(products.size(), request.limit);
    std::size_t count = 0;
    out += R"({"products":[)";
    while (count < count_max && (count == 0 || out.size() < request.bytes_max)) {
        out += count == 0 ? "" : ",";
        append_product(out, products[count], store_of(request));
        ++count;
    }
    out += R"(],"nextCursor":)";
    if (products.size() > count) {
        append_json(out, make_cursor(products[count - 1].sku()));
    } else {
        out += "null";
    }
    out += '}';
    found.known = count;
}

std::string_view unit_name(base::Unit unit) {
    switch (unit) {
        case base::Unit::kBox:
            return "box";
        case base::Unit::kPack:
            return "pack";
        case base::Unit::kPiece:
            break;
    }
    return "piece";
}

void append_has_stock(
    std::string& out, const cache::ProductView& product, const ApiRequest& request
) {
    const auto store = store_of(request);
    std::int64_t available = product.totals().available();
    if (store) {
        const auto row = product.stock_in(*store);
        available = row ? row->available() : 0;
    }
    out += R"({"productId":)";
    append_json(out, product.sku());
    out += R"(,"quantity":)";
    append_json(out, request.quantity);
    out += R"(,"unit":)";
    append_json(out, unit_name(request.unit));
    out += R"(,"hasStock":)";
    append_json(out, cache::has_stock(product, request.quantity, request.unit, store));
    out += R"(,"availableTotal":)";
    append_json(out, available);
    out += '}';
}

template <class T>
void append_or_null(std::string& out, const std::optional<T>& value) {
    if (value) {
        append_json(out, *value);
    } else {
        out += "null";
    }
}

/// Rounded down to four places, like the ages: "0.9876".
void append_rate(std::string& out, std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) {
        out += "null";
        return;
    }
    constexpr std::uint64_t kScale = 10'000;
    // Overflows after 10^15 reads: five centuries at 100 000 a second.
    const std::uint64_t scaled = part * kScale / whole;
    append_json(out, static_cast<std::int64_t>(scaled / kScale));
    const std::uint64_t rest = scaled % kScale;
    if (rest == 0) {
        return;
    }
    std::string digits = std::to_string(kScale + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += '.';
    out += digits;
}

/// "0.12": whole hundredths, rounded down, with two places always.
void append_hours(std::string& out, std::optional<std::int64_t> age_ms) {
    if (!age_ms) {
        out += "null";
        return;
    }
    const std::int64_t hundredths = *age_ms / (kMsPerHour / 100);
    out += '"';
    append_json(out, hundredths / 100);
    out += '.';
    out += static_cast<char>('0' + hundredths % 100 / 10);
    out += static_cast<char>('0' + hundredths % 10);
    out += '"';
}

}  // namespace

void append_product(
    std::string& out, const cache::ProductView& product, std::optional<std::string_view> store
) {
    if (store) {
        const auto row = product.stock_in(*store);
        const cache::Totals totals =
            row ? cache::Totals{row->on_hand, row->reserved} : cache::Totals{};
        append_figures(out, product, totals, row ? row->updated_at : product.updated_at());
        if (row) {
            append_store(out, *row);
        }
    } else {
        append_figures(out, product, product.totals(), product.updated_at());
        const auto count = product.stock_count();
        for (std::size_t i = 0; i < count; ++i) {
            if (i != 0) {
                out += ',';
            }
            append_store(out, product.stock(i));
        }
    }
    out += "]}";
}

std::optional<Problem> append_answer(
    std::string& out, const cache::Reading& reading, const ApiRequest& request, Found& found
) {
    if (request.has_store && !reading.has_store(request.store)) {
        found.unknown = 1;
        return unknown_store(request.store);
    }
    if (request.route == observe::Route::kProducts) {
        return append_many(out, reading, request, found);
    }
    if (request.route == observe::Route::kList) {
        append_page(out, reading, request, found);
        return std::nullopt;
    }
    const auto product = reading.find(request.sku);
    if (!product) {
        found.unknown = 1;
        return unknown_product(request.sku);
    }
    found.known = 1;
    if (request.route == observe::Route::kHasStock) {
        append_has_stock(out, *product, request);
    } else {
        append_product(out, *product, store_of(request));
    }
    return std::nullopt;
}

void append_stats(std::string& out, const CacheStats& stats, bool with_age_units) {
    std::optional<std::int64_t> age_ms;
    if (stats.last_refresh) {
        age_ms =
            std::max<std::int64_t>(0, (stats.now.unix_us - stats.last_refresh->unix_us) / 1000);
    }
    out += R"({"isCached":)";
    append_json(out, stats.is_cached);
    out += R"(,"lastRefresh":)";
    append_or_null(out, stats.last_refresh);
    out += R"(,"cacheAge":)";
    append_or_null(out, age_ms);
    if (with_age_units) {
        out += R"(,"cacheAgeMinutes":)";
        append_or_null(out, age_ms ? std::optional{*age_ms / kMsPerMinute} : std::nullopt);
        out += R"(,"cacheAgeHours":)";
        append_hours(out, age_ms);
    }
    out += R"(,"productCount":)";
    append_json(out, static_cast<std::int64_t>(stats.product_count));
    out += R"(,"isStale":)";
    append_json(out, stats.is_stale);
    out += R"(,"hits":)";
    append_json(out, static_cast<std::int64_t>(stats.reads.hits));
    out += R"(,"misses":)";
    append_json(out, static_cast<std::int64_t>(stats.reads.misses));
    out += R"(,"unknown":)";
    append_json(out, static_cast<std::int64_t>(stats.reads.unknown));
    out += R"(,"hitRate":)";
    append_rate(out, stats.reads.hits, stats.reads.hits + stats.reads.misses);
    out += R"(,"position":)";
    const auto no_position = stats.position.empty();
    append_or_null(
        out, no_position ? std::nullopt : std::optional<std::string_view>{stats.position}
    );
    out += R"(,"drift":)";
    append_json(out, stats.drift);
    out += '}';
}

void append_stats_answer(std::string& out, const CacheStats& stats) {
    out += R"({"success":true,"stats":)";
    append_stats(out, stats, true);
    out += '}';
}

void append_action_answer(std::string& out, CacheAction action, const CacheStats& stats) {
    out += R"({"success":true,"message":)";
    append_json(
        out,
        action == CacheAction::kRefresh ? std::string_view{"Cache refreshed successfully"}
                                        : std::string_view{"Cache cleared successfully"}
    );
    out += R"(,"stats":)";
    append_stats(out, stats, false);
    out += '}';
}

}  // namespace stockd::web
