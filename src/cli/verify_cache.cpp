#include "cli/database_products.hpp"
#include "cli/verify.hpp"

#include <optional>
#include <set>

namespace stockd::cli {

namespace {

// Chosen: stockd's largest page.
constexpr std::size_t kPageProducts = 1000;
constexpr int kBatchRows = 10'000;

constexpr const char* kTables = R"(
declare seen no scroll cursor for
select p.sku, '', 0::bigint, 0::bigint, 0::bigint, 0::bigint
from inventory.products as p
where p.active
union all
select p.sku, t.code, i.on_hand, i.reserved, i.low_stock_threshold, i.version
from inventory.inventory_stock as i
join inventory.products as p on p.product_id = i.product_id and p.active
join inventory.stores as t on t.store_id = i.store_id and t.active
)";

constexpr const char* kMoving = R"(
select k.sku, k.store, l.on_hand_after, l.reserved_after
from unnest($1::text[], $2::text[], $3::bigint[]) as k (sku, store, version)
join inventory.products as p on p.sku = k.sku
join inventory.stores as t on t.code = k.store
join inventory.stock_ledger as l on l.store_id = t.store_id and l.product_id = p.product_id and l.version = k.version
)";

std::string describe(const StockFigures& row) {
    return "on hand " + std::to_string(row.on_hand) + ", reserved " + std::to_string(row.reserved) +
           ", threshold " + std::to_string(row.low_stock_threshold) + ", version " +
           std::to_string(row.version);
}

std::string describe(const StockKey& key, const std::optional<StockFigures>& row) {
    if (key.store.empty()) {
        return row ? "product" : "no product";
    }
    return row ? describe(*row) : "no stock row";
}

std::optional<StockFigures> look_up(const StockMap& map, const StockKey& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional<StockFigures>(found->second);
}

/// A row that was there before, after or both, and was changed, made or deleted in between.
bool is_possible_between(
    const std::optional<StockFigures>& before,
    const std::optional<StockFigures>& cached,
    const std::optional<StockFigures>& after
) {
    if (!cached) {
        // Deleted and made again, or hidden for a while, shows as another version.
        return !before || !after || before->version != after->version;
    }
    const auto low = before ? before->version : 0;
    return cached->version >= low && (!after || cached->version <= after->version);
}

}  // namespace

base::Result<TableState> read_tables(pg::Connection& connection) {
    auto transaction = pg::Transaction::begin(connection, "isolation level repeatable read");
    if (!transaction) {
        return transaction.error();
    }
    if (auto declared = connection.exec(kTables); !declared) {
        return declared.error();
    }
    TableState out;
    const auto fetch = "fetch " + std::to_string(kBatchRows) + " from seen";
    for (int fetched = kBatchRows; fetched == kBatchRows;) {
        const auto rows = connection.exec(fetch);
        if (!rows) {
            return rows.error();
        }
        fetched = rows->size();
        for (int i = 0; i < fetched; ++i) {
            out.rows.emplace(
                StockKey{std::string(rows->text(i, 0)), std::string(rows->text(i, 1))},
                StockFigures{
                    rows->integer(i, 2),
                    rows->integer(i, 3),
                    rows->integer(i, 4),
                    rows->integer(i, 5)}
            );
        }
    }
    // Given out after the snapshot: a position that covers it covers whatever the snapshot saw.
    const auto ticket = connection.exec("select inventory.ticket()");
    if (!ticket) {
        return ticket.error();
    }
    out.ticket = ticket->text(0, 0);
    if (auto done = transaction->commit(); !done) {
        return done.error();
    }
    return out;
}

base::Result<StockMap> read_cache(Daemon& daemon, const std::string& ticket, std::int64_t wait_ms) {
    StockMap out;
    std::optional<std::string> cursor = "";
    while (cursor) {
        auto page = daemon.page(*cursor, kPageProducts, {ticket, wait_ms});
        if (!page) {
            return page.error();
        }
        for (const auto& product : page->products) {
            out[{product.sku, ""}] = {};
            for (const auto& row : product.stores) {
                out[{product.sku, row.store}] = {
                    row.on_hand, row.reserved, row.low_stock_threshold, row.version};
            }
        }
        cursor = page->next_cursor;
    }
    return out;
}

std::vector<Moving> compare(
    const StockMap& before, const StockMap& cached, const StockMap& after, Differences& differences
) {
    std::vector<Moving> moving;
    const auto judge = [&](const StockKey& key) {
        const auto was = look_up(before, key);
        const auto is = look_up(after, key);
        const auto copy = look_up(cached, key);
        if (copy == was || copy == is) {
            return;
        }
        if (was == is || !is_possible_between(was, copy, is)) {
            differences.add(
                {"cache",
                 key.store,
                 key.sku,
                 describe(key, was == is ? is : was),
                 describe(key, copy)}
            );
        } else if (copy && !key.store.empty()) {
            moving.push_back({key, *copy});
        }
    };
    for (const auto& [key, row] : cached) {
        judge(key);
    }
    for (const auto& [key, row] : before) {
        if (!cached.contains(key)) {
            judge(key);
        }
    }
    return moving;
}

base::Result<void> verify_moving(
    pg::Connection& connection, const std::vector<Moving>& moving, Differences& differences
) {
    std::vector<std::string> skus;
    std::vector<std::string> stores;
    std::vector<std::string> versions;
    std::unordered_map<StockKey, StockFigures, StockKeyHash> cached;
    for (const auto& row : moving) {
        skus.push_back(row.key.sku);
        stores.push_back(row.key.store);
        versions.push_back(std::to_string(row.cached.version));
        cached.emplace(row.key, row.cached);
    }
    const auto rows = connection.exec(
        kMoving, {to_array_literal(skus), to_array_literal(stores), to_array_literal(versions)}
    );
    if (!rows) {
        return rows.error();
    }
    for (int i = 0; i < rows->size(); ++i) {
        const StockKey key{std::string(rows->text(i, 0)), std::string(rows->text(i, 1))};
        const auto& row = cached.at(key);
        auto expected = row;
        expected.on_hand = rows->integer(i, 2);
        expected.reserved = rows->integer(i, 3);
        if (expected != row) {
            differences.add({"cache", key.store, key.sku, describe(expected), describe(row)});
        }
    }
    return {};
}

}  // namespace stockd::cli
