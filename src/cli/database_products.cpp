#include "cli/database_products.hpp"

#include <algorithm>

namespace stockd::cli {

namespace {

// One row per product and stock row, in the order asked; a product that is not there, or a store,
// is null.
constexpr const char* kProducts = R"(
select
    a.sku, p.product_id is not null, p.name, p.pieces_per_pack, p.packs_per_box, s.code, s.on_hand, s.reserved, s.available,
    s.low_stock_threshold, s.version,
    to_char(s.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    to_char(p.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
from unnest($1::text[]) with ordinality as a (sku, place)
left join inventory.products as p on p.sku = a.sku and p.active
left join lateral (
    select t.code, i.on_hand, i.reserved, i.available, i.low_stock_threshold, i.version, i.updated_at
    from inventory.inventory_stock as i
    join inventory.stores as t on t.store_id = i.store_id
    where i.product_id = p.product_id and t.active and ($2 = '' or t.code = $2)
) as s on true
order by a.place, s.code collate "C"
)";

bool add_product(DatabaseProducts& out, const pg::Rows& rows, int row) {
    if (!rows.boolean(row, 1)) {
        out.unknown.emplace_back(rows.text(row, 0));
        return false;
    }
    Product product;
    product.sku = rows.text(row, 0);
    product.name = rows.text(row, 2);
    product.pieces_per_pack = rows.integer(row, 3);
    product.packs_per_box = rows.integer(row, 4);
    product.updated_at = rows.text(row, 12);
    out.known.push_back(std::move(product));
    return true;
}

void add_stock(Product& product, const pg::Rows& rows, int row) {
    StoreStock stock{
        std::string(rows.text(row, 5)),
        rows.integer(row, 6),
        rows.integer(row, 7),
        rows.integer(row, 8),
        rows.integer(row, 9),
        rows.integer(row, 10),
        std::string(rows.text(row, 11)),
    };
    product.total += stock.on_hand;
    product.reserved += stock.reserved;
    product.available += stock.available;
    product.updated_at = std::max(product.updated_at, stock.updated_at);
    product.stores.push_back(std::move(stock));
}

}  // namespace

std::string to_array_literal(const std::vector<std::string>& texts) {
    std::string out = "{";
    for (const auto& text : texts) {
        out += out.size() == 1 ? "\"" : ",\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                out += '\\';
            }
            out += c;
        }
        out += '"';
    }
    return out + "}";
}

base::Result<DatabaseProducts> read_products(
    pg::Connection& connection, const std::vector<std::string>& skus, const std::string& store
) {
    if (!store.empty()) {
        const auto known =
            connection.exec("select 1 from inventory.stores where code = $1 and active", {store});
        if (!known) {
            return known.error();
        }
        if (known->size() == 0) {
            return base::Error{
                base::ErrorCode::kNotFound, "Unknown store \"" + store + "\"", {}, {}, {}};
        }
    }
    const auto rows = connection.exec(kProducts, {to_array_literal(skus), store});
    if (!rows) {
        return rows.error();
    }
    DatabaseProducts out;
    std::string current;
    bool is_known = false;
    for (int row = 0; row < rows->size(); ++row) {
        if (row == 0 || rows->text(row, 0) != current) {
            current = rows->text(row, 0);
            is_known = add_product(out, *rows, row);
        }
        if (is_known && !rows->is_null(row, 5)) {
            add_stock(out.known.back(), *rows, row);
        }
    }
    return out;
}

}  // namespace stockd::cli
