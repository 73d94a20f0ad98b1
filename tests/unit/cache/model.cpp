#include "model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <limits>
#include <set>
#include <sstream>

namespace cache_test {

using stockd::cache::ProductView;
using stockd::cache::StockView;

Position position_at(std::uint64_t xmax) {
    Position position;
    position.incarnation = "0123456789abcdef";
    position.snapshot = {xmax, xmax, {}};
    position.taken = Timestamp{static_cast<std::int64_t>(xmax)};
    return position;
}

StoreRow store(std::int64_t id, std::string code, bool active) {
    std::string name = "Store " + code;
    return {StoreId{id}, std::move(code), std::move(name), active};
}

ProductRow product(std::int64_t id, std::string sku, bool active) {
    std::string name = "The " + sku;
    return {ProductId{id}, std::move(sku), std::move(name), 6, 4, Timestamp{1000 + id}, active};
}

StockRow stock(
    std::int64_t store,
    std::int64_t product,
    std::int64_t on_hand,
    std::int64_t reserved,
    std::int64_t version
) {
    return {
        StoreId{store},
        ProductId{product},
        on_hand,
        reserved,
        5,
        version,
        Timestamp{2000 + version},
        false};
}

Model& Model::with(const StoreRow& row) {
    stores[row.store.value] = row;
    return *this;
}

Model& Model::with(const ProductRow& row) {
    products[row.product.value] = row;
    return *this;
}

Model& Model::with(const StockRow& row) {
    stock[{row.product.value, row.store.value}] = row;
    return *this;
}

std::vector<StockRow> Model::stock_rows() const {
    std::vector<StockRow> rows;
    for (const auto& [key, row] : stock) {
        rows.push_back(row);
    }
    return rows;
}

std::vector<ProductRow> Model::product_rows() const {
    std::vector<ProductRow> rows;
    for (const auto& [id, row] : products) {
        rows.push_back(row);
    }
    return rows;
}

std::vector<StoreRow> Model::store_rows() const {
    std::vector<StoreRow> rows;
    for (const auto& [id, row] : stores) {
        rows.push_back(row);
    }
    return rows;
}

std::unique_ptr<stockd::cache::Loader> Model::loader(
    const stockd::cache::Cache& cache, std::mt19937_64& random
) const {
    auto loader = cache.begin_load();
    const std::vector<StoreRow> all_stores = store_rows();
    const std::vector<ProductRow> all_products = product_rows();
    const std::vector<StockRow> all_stock = stock_rows();
    std::vector<std::size_t> order(all_stores.size() + all_products.size() + all_stock.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t i : order) {
        if (i < all_stores.size()) {
            loader->add_store(all_stores[i]);
        } else if (i -= all_stores.size(); i < all_products.size()) {
            loader->add_product(all_products[i]);
        } else {
            loader->add_stock(all_stock[i - all_products.size()]);
        }
    }
    return loader;
}

void Model::load_into(stockd::cache::Cache& cache, std::uint64_t xmax) const {
    std::mt19937_64 random(xmax);
    cache.finish_load(loader(cache, random), position_at(xmax));
}

ChangeSet Touched::changes(const Model& model, std::uint64_t xmax, std::mt19937_64& random) const {
    ChangeSet set;
    set.position = position_at(xmax);
    const auto now = [](const auto& rows, const auto& key) {
        const auto found = rows.find(key);
        return found == rows.end() ? std::nullopt : std::optional(found->second);
    };
    for (const auto& [id, touched] : stores) {
        set.stores.push_back({StoreId{id}, now(model.stores, id)});
    }
    for (const auto& [id, touched] : products) {
        set.products.push_back({ProductId{id}, now(model.products, id)});
    }
    for (const auto& [key, touched] : stock) {
        set.stock.push_back({StoreId{key.second}, ProductId{key.first}, now(model.stock, key)});
    }
    std::shuffle(set.stores.begin(), set.stores.end(), random);
    std::shuffle(set.products.begin(), set.products.end(), random);
    std::shuffle(set.stock.begin(), set.stock.end(), random);
    return set;
}

namespace {

__extension__ using Wide = __int128;

std::int64_t clamp(Wide value) {
    const Wide low = std::numeric_limits<std::int64_t>::min();
    const Wide high = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::clamp<Wide>(value, low, high));
}

std::string text_of(const StockView& row) {
    std::ostringstream out;
    out << "  " << row.store_code << " store=" << row.store.value << " on_hand=" << row.on_hand
        << " reserved=" << row.reserved << " threshold=" << row.low_stock_threshold
        << " version=" << row.version << " updated=" << row.updated_at.unix_us
        << " negative=" << row.allow_negative << "\n";
    return out.str();
}

std::string text_of(
    const ProductRow& row,
    std::int64_t on_hand,
    std::int64_t reserved,
    std::int64_t updated_us,
    const std::vector<StockView>& rows
) {
    std::ostringstream out;
    out << row.sku << " id=" << row.product.value << " name=" << row.name
        << " packing=" << row.pieces_per_pack << "/" << row.packs_per_box << " on_hand=" << on_hand
        << " reserved=" << reserved << " updated=" << updated_us << "\n";
    for (const StockView& stock : rows) {
        out << text_of(stock);
    }
    return out.str();
}

std::string seen(const ProductView& view) {
    ProductRow row;
    row.product = view.id();
    row.sku = view.sku();
    row.name = view.name();
    row.pieces_per_pack = view.packing().pieces_per_pack;
    row.packs_per_box = view.packing().packs_per_box;
    std::vector<StockView> rows;
    for (std::size_t i = 0; i < view.stock_count(); ++i) {
        rows.push_back(view.stock(i));
    }
    return text_of(
        row, view.totals().on_hand, view.totals().reserved, view.updated_at().unix_us, rows
    );
}

/// What must be seen of a product: computed from the tables alone.
std::string expected(const Model& model, const ProductRow& row) {
    Wide on_hand = 0;
    Wide reserved = 0;
    std::int64_t updated = row.updated_at.unix_us;
    std::vector<StockView> rows;
    for (auto it =
             model.stock.lower_bound({row.product.value, std::numeric_limits<std::int64_t>::min()});
         it != model.stock.end() && it->first.first == row.product.value;
         ++it) {
        const auto store = model.stores.find(it->first.second);
        if (store == model.stores.end() || !store->second.active) {
            continue;
        }
        const StockRow& stock = it->second;
        on_hand += stock.on_hand;
        reserved += stock.reserved;
        updated = std::max(updated, stock.updated_at.unix_us);
        rows.push_back(
            {store->second.code,
             stock.store,
             stock.on_hand,
             stock.reserved,
             stock.low_stock_threshold,
             stock.version,
             stock.updated_at,
             stock.allow_negative}
        );
    }
    std::sort(rows.begin(), rows.end(), [](const StockView& a, const StockView& b) {
        return a.store_code < b.store_code;
    });
    return text_of(row, clamp(on_hand), clamp(reserved), updated, rows);
}

std::string store_difference(const stockd::cache::Reading& reading, const Model& model) {
    std::size_t active = 0;
    for (const auto& [id, row] : model.stores) {
        active += row.active ? 1U : 0U;
        if (reading.has_store(row.code) != row.active) {
            return "store " + row.code + " is shown wrongly";
        }
    }
    const auto& counts = reading.state().counts;
    return counts.stores == active && counts.stores_held == model.stores.size()
               ? ""
               : "stores are counted wrongly";
}

}  // namespace

std::string difference(const stockd::cache::Reading& reading, const Model& model) {
    std::map<std::string, std::string> want;
    std::set<std::string> hidden;
    for (const auto& [id, row] : model.products) {
        if (row.active) {
            want[row.sku] = expected(model, row);
        } else {
            hidden.insert(row.sku);
        }
    }
    for (const std::string& sku : hidden) {
        if (want.find(sku) == want.end() && reading.find(sku).has_value()) {
            return "inactive " + sku + " is shown";
        }
    }
    for (const auto& [sku, text] : want) {
        const auto view = reading.find(sku);
        if (!view.has_value()) {
            return sku + " is not found";
        }
        if (seen(*view) != text) {
            return "seen:\n" + seen(*view) + "expected:\n" + text;
        }
        for (std::size_t i = 0; i < view->stock_count(); ++i) {
            const auto row = view->stock_in(view->stock(i).store_code);
            if (!row.has_value() || text_of(*row) != text_of(view->stock(i))) {
                return sku + " has no row in " + std::string(view->stock(i).store_code) +
                       " by code";
            }
        }
    }
    auto next = want.begin();
    std::string after;
    for (;;) {
        const std::vector<ProductView> page = reading.page(after, 7);
        for (const ProductView& view : page) {
            if (next == want.end() || view.sku() != next->first || seen(view) != next->second) {
                return "page: " + std::string(view.sku()) + " is out of place or wrong";
            }
            ++next;
        }
        if (page.size() < 7) {
            break;
        }
        after = page.back().sku();
    }
    if (next != want.end()) {
        return "page: " + next->first + " is missing";
    }
    const auto& counts = reading.state().counts;
    if (reading.product_count() != want.size() || counts.products != want.size() ||
        counts.products_held != model.products.size() || counts.stock_rows != model.stock.size()) {
        return "products or stock rows are counted wrongly";
    }
    return store_difference(reading, model);
}

std::uint64_t seed_of_this_run(const char* test) {
    std::uint64_t seed = Catch::rngSeed();
    if (seed == 0) {
        seed = std::random_device{}() % 1'000'000'000 + 1;
    }
    std::cout << test << ": --rng-seed " << seed << std::endl;
    return seed;
}

}  // namespace cache_test
