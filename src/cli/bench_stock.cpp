#include "cli/bench.hpp"
#include "cli/database_products.hpp"

namespace stockd::cli {

namespace {

constexpr const char* kTryLock =
    "select pg_try_advisory_lock(hashtextextended('stockctl bench', 0))";

constexpr const char* kMakeStore = R"(
insert into inventory.stores (code, name) values ($1, 'Load of stockctl bench')
on conflict (code) do update set active = true
returning store_id
)";

// The last product is the probe's.
constexpr const char* kMakeProducts = R"(
insert into inventory.products (sku, name)
select $1 || '-' || n, 'Load of stockctl bench' from generate_series(1, $2::integer) as n
on conflict (sku) do update set active = true
returning product_id
)";

constexpr const char* kMakeStock = R"(
insert into inventory.inventory_stock (store_id, product_id, on_hand)
select $1::bigint, product_id, 1000000000 from unnest($2::bigint[]) as product_id
on conflict (store_id, product_id) do update set on_hand = excluded.on_hand
)";

/// Deleting may be refused by what refers to the row (foreign keys): then it is hidden.
base::Result<bool> remove_or_hide(
    pg::Connection& connection,
    const std::string& table,
    const std::string& key,
    const std::string& ids
) {
    const auto removed = connection.exec(
        "delete from inventory." + table + " where " + key + " = any ($1::bigint[])", {ids}
    );
    if (removed) {
        return true;
    }
    if (removed.error().code != base::ErrorCode::kConflict &&
        removed.error().code != base::ErrorCode::kPermissionDenied) {
        return removed.error();
    }
    const auto hidden = connection.exec(
        "update inventory." + table + " set active = false where " + key + " = any ($1::bigint[])",
        {ids}
    );
    if (!hidden) {
        return hidden.error();
    }
    return false;
}

}  // namespace

base::Result<BenchStock> BenchStock::make(pg::Connection& connection, std::int64_t rows) {
    const auto locked = connection.exec(kTryLock);
    if (!locked) {
        return locked.error();
    }
    if (!locked->boolean(0, 0)) {
        return base::Error{
            base::ErrorCode::kConflict,
            "another stockctl bench is running on this database",
            {},
            "Wait for its end.",
            {}};
    }
    auto transaction = pg::Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    const auto store = connection.exec(kMakeStore, {kBenchStore});
    if (!store) {
        return store.error();
    }
    const auto products = connection.exec(kMakeProducts, {kBenchStore, std::to_string(rows + 1)});
    if (!products) {
        return products.error();
    }
    BenchStock out;
    out.store_id = store->text(0, 0);
    for (int i = 0; i < products->size(); ++i) {
        out.product_ids.emplace_back(products->text(i, 0));
    }
    if (auto made = connection.exec(kMakeStock, {out.store_id, to_array_literal(out.product_ids)});
        !made) {
        return made.error();
    }
    if (auto done = transaction->commit(); !done) {
        return done.error();
    }
    return out;
}

base::Result<bool> BenchStock::remove(pg::Connection& connection) const {
    const auto stock = connection.exec(
        "delete from inventory.inventory_stock where store_id = $1::bigint", {store_id}
    );
    if (!stock) {
        return stock.error();
    }
    const auto products =
        remove_or_hide(connection, "products", "product_id", to_array_literal(product_ids));
    if (!products) {
        return products.error();
    }
    const auto store =
        remove_or_hide(connection, "stores", "store_id", to_array_literal({store_id}));
    if (!store) {
        return store.error();
    }
    return *products && *store;
}

}  // namespace stockd::cli
