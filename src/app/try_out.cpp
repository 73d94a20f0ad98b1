#include "app/try_out.hpp"

#include <spdlog/fmt/fmt.h>

#include <iostream>
#include <string_view>

namespace stockd::app {

namespace {

/// Safe inside single quotes of a shell and of SQL inside double quotes of a shell, and in a URL.
bool is_plain(std::string_view code) {
    return code.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
           ) == std::string_view::npos;
}

/// One word of a shell; a folder may have any name.
std::string shell_word(const std::string& text) {
    std::string plain = text;
    std::erase(plain, '/');
    if (is_plain(plain)) {
        return text;
    }
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
    }
    return quoted + "'";
}

struct Example {
    std::string sku = "SKU";
    std::string store = "STORE";
};

/// The first product with plenty in some store.
Example find_example(const cache::Reading& reading) {
    constexpr std::size_t kLookAt = 1000;
    constexpr std::int64_t kPlenty = 10;
    Example found;
    for (const auto& product : reading.page({}, kLookAt)) {
        for (std::size_t i = 0; i < product.stock_count(); ++i) {
            const auto row = product.stock(i);
            if (row.available() >= kPlenty && is_plain(product.sku()) && is_plain(row.store_code)) {
                return {std::string(product.sku()), std::string(row.store_code)};
            }
        }
    }
    return found;
}

}  // namespace

std::string try_out_text(const TryOut& where, const cache::Reading& reading) {
    const auto& counts = reading.state().counts;
    const auto example = find_example(reading);
    return fmt::format(
        R"txt(
stockd follows {products} products in {stores} stores. Try, in another terminal:

  curl -s 'http://{address}/api/inventory/{sku}?store={store}'

  {stockctl} watch -d '{url}' {sku}

  psql '{url}' -c "update inventory.inventory_stock set on_hand = on_hand - 1
    where store_id = (select store_id from inventory.stores where code = '{store}')
      and product_id = (select product_id from inventory.products where sku = '{sku}')"

  curl -s http://{admin}/ready

Ctrl-C stops stockd and its database; what is in it stays.

)txt",
        fmt::arg("products", counts.products),
        fmt::arg("stores", counts.stores),
        fmt::arg("address", where.address),
        fmt::arg("admin", where.admin_address),
        fmt::arg("stockctl", shell_word(where.stockctl)),
        fmt::arg("url", where.database_url),
        fmt::arg("sku", example.sku),
        fmt::arg("store", example.store)
    );
}

void print_try_out(const TryOut& where, const cache::Reading& reading) {
    std::cout << try_out_text(where, reading) << std::flush;
}

}  // namespace stockd::app
