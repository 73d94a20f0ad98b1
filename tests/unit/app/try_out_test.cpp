#include "app/try_out.hpp"

#include "cache/cache.hpp"

#include <catch2/catch.hpp>

using namespace stockd;
using Catch::Matchers::Contains;

namespace {

constexpr base::StoreId kStore{1};

std::string text_with(
    const std::vector<std::pair<std::string, std::int64_t>>& stock,
    const std::string& stockctl = "/usr/bin/stockctl"
) {
    cache::Cache cache;
    auto loader = cache.begin_load();
    loader->add_store({kStore, "MAIN", "Main", true});
    std::int64_t id = 0;
    for (const auto& [sku, on_hand] : stock) {
        const base::ProductId product{++id};
        loader->add_product({product, sku, sku, 1, 1, {}, true});
        loader->add_stock({kStore, product, on_hand, 0, 0, 1, {}, false});
    }
    change::Position position;
    position.incarnation = "0123456789abcdef";
    cache.finish_load(std::move(loader), position);
    return app::try_out_text(
        {"127.0.0.1:1", "127.0.0.1:2", "postgresql:///x", stockctl}, cache.read()
    );
}

}  // namespace

TEST_CASE("try out: the example is a product with plenty, safe to paste into a shell", "[app]") {
    const auto text = text_with({{"A FEW", 100}, {"B'; rm -rf", 100}, {"C", 3}, {"D", 50}});
    CHECK_THAT(text, Contains("http://127.0.0.1:1/api/inventory/D?store=MAIN"));
    CHECK_THAT(text, Contains("psql 'postgresql:///x' -c") && Contains("sku = 'D'"));
    CHECK_THAT(text, Contains("stockctl watch -d 'postgresql:///x' D"));
    CHECK_THAT(text, !Contains("rm -rf"));
    CHECK_THAT(text, Contains("4 products in 1 stores"));
}

TEST_CASE("try out: without stock there is still something to read", "[app]") {
    CHECK_THAT(text_with({}), Contains("/api/inventory/SKU?store=STORE"));
}

TEST_CASE("try out: a folder of any name can be pasted into a shell", "[app]") {
    CHECK_THAT(text_with({}, "/opt/a-b_c.d/stockctl"), Contains("  /opt/a-b_c.d/stockctl watch"));
    CHECK_THAT(text_with({}, "/My shop/stockctl"), Contains("  '/My shop/stockctl' watch"));
    CHECK_THAT(text_with({}, "/it's $1/stockctl"), Contains("  '/it'\\''s $1/stockctl' watch"));
}
