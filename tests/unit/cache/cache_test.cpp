#include "cache/cache.hpp"

#include "model.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

using namespace cache_test;
using stockd::cache::Cache;
using stockd::cache::Reading;

namespace {

Model two_stores_two_products() {
    Model model;
    model.with(store(1, "BERLIN")).with(store(2, "AMSTERDAM"));
    model.with(product(10, "tea")).with(product(11, "coffee"));
    model.with(stock(1, 10, 7, 2)).with(stock(2, 10, 5)).with(stock(1, 11, 3));
    return model;
}

ChangeSet at(std::uint64_t xmax) {
    ChangeSet set;
    set.position = position_at(xmax);
    return set;
}

ChangeSet with(std::uint64_t xmax, const StockRow& row) {
    ChangeSet set = at(xmax);
    set.stock.push_back({row.store, row.product, row});
    return set;
}

ChangeSet with(std::uint64_t xmax, const ProductRow& row) {
    ChangeSet set = at(xmax);
    set.products.push_back({row.product, row});
    return set;
}

ChangeSet with(std::uint64_t xmax, const StoreRow& row) {
    ChangeSet set = at(xmax);
    set.stores.push_back({row.store, row});
    return set;
}

std::int64_t on_hand(const Reading& reading, std::string_view sku) {
    const auto view = reading.find(sku);
    return view.has_value() ? view->totals().on_hand : -1;
}

/// Whether it ends the process by an assertion. In a child, so that the test goes on.
bool aborts(const std::function<void()>& what) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        std::freopen("/dev/null", "w", stderr);
        what();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("cache: nothing is loaded before the first load", "[cache]") {
    const Cache cache;
    const Reading reading = cache.read();
    CHECK_FALSE(reading.state().loaded);
    CHECK(reading.state().position_hash.empty());
    CHECK(reading.product_count() == 0);
    CHECK_FALSE(reading.find("tea").has_value());
    CHECK_FALSE(reading.has_store("BERLIN"));
    CHECK(reading.page("", 10).empty());
}

TEST_CASE("cache: changes before a load are ignored", "[cache]") {
    Cache cache;
    cache.apply(with(5, product(1, "tea")));
    CHECK_FALSE(cache.read().state().loaded);
    CHECK_FALSE(cache.read().find("tea").has_value());
}

TEST_CASE("cache: an empty database is loaded too", "[cache]") {
    Cache cache;
    Model().load_into(cache, 3);
    CHECK(cache.read().state().loaded);
    CHECK(cache.read().product_count() == 0);
    CHECK(cache.read().state().position_hash == stockd::change::short_hash(position_at(3)));
}

TEST_CASE("cache: clear empties it until the next load", "[cache]") {
    Cache cache;
    const Model model = two_stores_two_products();
    model.load_into(cache);
    const std::uint64_t before = cache.read().state().sequence;
    cache.clear();
    CHECK_FALSE(cache.read().state().loaded);
    CHECK_FALSE(cache.read().find("tea").has_value());
    CHECK(cache.read().state().sequence > before);
    CHECK(cache.counts().stock_rows == 0);
    model.load_into(cache, 2);
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("cache: a reading keeps its state over batches, reloads and clear", "[cache]") {
    Cache cache;
    const Model model = two_stores_two_products();
    model.load_into(cache);
    const Reading before = cache.read();
    const auto view = before.find("tea");
    cache.apply(with(2, stock(1, 10, 100, 0, 2)));
    const Reading patched = cache.read();
    cache.clear();
    Model().load_into(cache, 3);
    cache.apply(with(4, product(10, "tea")));
    CHECK(difference(before, model) == "");
    CHECK(view->totals().on_hand == 12);
    CHECK(on_hand(patched, "tea") == 105);
    CHECK(on_hand(cache.read(), "tea") == 0);
}

TEST_CASE("cache: what nobody reads any more is freed", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache);
    cache.apply(at(2));
    cache.apply(at(3));
    const std::size_t at_rest = cache.counts().retired;
    {
        const Reading held = cache.read();
        for (std::uint64_t xmax = 4; xmax < 100; ++xmax) {
            cache.apply(with(xmax, stock(1, 10, static_cast<std::int64_t>(xmax), 0, 2)));
        }
        CHECK(cache.counts().retired > at_rest + 90);
        CHECK(on_hand(held, "tea") == 12);
    }
    cache.collect();
    cache.apply(at(100));
    cache.apply(at(101));
    CHECK(cache.counts().retired == at_rest);
}

TEST_CASE(
    "cache: every publication has a greater sequence, every load a new generation", "[cache]"
) {
    Cache cache;
    std::uint64_t sequence = cache.read().state().sequence;
    const auto grown = [&] {
        const std::uint64_t old = std::exchange(sequence, cache.read().state().sequence);
        return sequence > old;
    };
    Model().load_into(cache, 1);
    CHECK(grown());
    CHECK(cache.read().state().generation == 1);
    cache.apply(at(2));
    CHECK(grown());
    cache.clear();
    CHECK(grown());
    CHECK(cache.read().state().generation == 1);
    Model().load_into(cache, 3);
    CHECK(grown());
    CHECK(cache.read().state().generation == 2);
}

TEST_CASE("cache: an empty change set moves the position only", "[cache]") {
    Cache cache;
    const Model model = two_stores_two_products();
    model.load_into(cache);
    cache.apply(at(9));
    CHECK(cache.read().state().position == position_at(9));
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("cache: rows wait for their product and their store", "[cache]") {
    Cache cache;
    Model model;
    model.with(stock(1, 10, 7));
    model.load_into(cache);
    CHECK(difference(cache.read(), model) == "");
    SECTION("the product comes first") {
        cache.apply(with(2, product(10, "tea")));
        CHECK(on_hand(cache.read(), "tea") == 0);
        cache.apply(with(3, store(1, "BERLIN")));
    }
    SECTION("the store comes first") {
        cache.apply(with(2, store(1, "BERLIN")));
        cache.apply(with(3, product(10, "tea")));
    }
    CHECK(on_hand(cache.read(), "tea") == 7);
    CHECK(cache.read().find("tea")->stock_in("BERLIN")->on_hand == 7);
}

TEST_CASE(
    "cache: an inactive product is held, not shown, and comes back with its stock", "[cache]"
) {
    Cache cache;
    Model model = two_stores_two_products();
    model.load_into(cache);
    model.with(product(10, "tea", false));
    cache.apply(with(2, product(10, "tea", false)));
    CHECK_FALSE(cache.read().find("tea").has_value());
    CHECK(difference(cache.read(), model) == "");
    model.with(stock(1, 10, 50, 0, 2));
    cache.apply(with(3, stock(1, 10, 50, 0, 2)));
    model.with(product(10, "tea"));
    cache.apply(with(4, product(10, "tea")));
    CHECK(on_hand(cache.read(), "tea") == 55);
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("cache: an inactive store's rows count nowhere until it comes back", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache);
    cache.apply(with(2, store(1, "BERLIN", false)));
    CHECK_FALSE(cache.read().has_store("BERLIN"));
    CHECK(on_hand(cache.read(), "tea") == 5);
    CHECK(cache.read().find("tea")->stock_count() == 1);
    CHECK_FALSE(cache.read().find("tea")->stock_in("BERLIN").has_value());
    CHECK(cache.read().find("coffee")->stock_count() == 0);
    cache.apply(with(3, store(1, "BERLIN")));
    CHECK(on_hand(cache.read(), "tea") == 12);
}

TEST_CASE("cache: a renamed store takes its new place in the order", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache);
    CHECK(cache.read().find("tea")->stock(0).store_code == "AMSTERDAM");
    const Reading before = cache.read();
    cache.apply(with(2, store(2, "ZURICH")));
    const Reading after = cache.read();
    CHECK(after.find("tea")->stock(0).store_code == "BERLIN");
    CHECK(after.find("tea")->stock(1).store_code == "ZURICH");
    CHECK(after.find("tea")->stock_in("ZURICH")->on_hand == 5);
    CHECK_FALSE(after.has_store("AMSTERDAM"));
    CHECK(before.find("tea")->stock_in("AMSTERDAM")->on_hand == 5);
    CHECK_FALSE(before.has_store("ZURICH"));
}

TEST_CASE("cache: a new sku is found and the old one is not", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache);
    const Reading before = cache.read();
    cache.apply(with(2, product(10, "chai")));
    CHECK(on_hand(cache.read(), "chai") == 12);
    CHECK_FALSE(cache.read().find("tea").has_value());
    CHECK(on_hand(before, "tea") == 12);
    CHECK_FALSE(before.find("chai").has_value());
    cache.apply(with(3, product(10, "tea")));
    CHECK(on_hand(cache.read(), "tea") == 12);
    CHECK_FALSE(cache.read().find("chai").has_value());
}

TEST_CASE("cache: two products swap their skus in one batch", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache);
    const Reading before = cache.read();
    ChangeSet swap = at(2);
    swap.products.push_back({ProductId{10}, product(10, "coffee")});
    swap.products.push_back({ProductId{11}, product(11, "tea")});
    cache.apply(swap);
    const Reading after = cache.read();
    CHECK(on_hand(after, "coffee") == 12);
    CHECK(on_hand(after, "tea") == 3);
    CHECK(after.page("", 10)[0].id() == ProductId{10});
    CHECK(on_hand(before, "coffee") == 3);
    CHECK(before.page("", 10)[0].id() == ProductId{11});
}

TEST_CASE("cache: a sku that changes there and back within one batch is found", "[cache]") {
    Cache cache;
    const Model model = two_stores_two_products();
    model.load_into(cache);
    const Reading before = cache.read();
    for (std::uint64_t xmax = 2; xmax < 5; ++xmax) {
        ChangeSet set = at(xmax);
        set.products.push_back({ProductId{10}, product(10, "chai")});
        set.products.push_back({ProductId{10}, product(10, "tea")});
        cache.apply(set);
        CHECK(difference(cache.read(), model) == "");
        CHECK_FALSE(cache.read().find("chai").has_value());
    }
    CHECK(difference(before, model) == "");
}

TEST_CASE("cache: a deleted product is gone, and its sku is free for another at once", "[cache]") {
    Cache cache;
    Model model = two_stores_two_products();
    model.load_into(cache);
    const Reading before = cache.read();
    ChangeSet set = at(2);
    set.products.push_back({ProductId{10}, std::nullopt});
    set.products.push_back({ProductId{12}, product(12, "tea")});
    set.stock.push_back({StoreId{1}, ProductId{10}, std::nullopt});
    set.stock.push_back({StoreId{2}, ProductId{10}, std::nullopt});
    cache.apply(set);
    CHECK(cache.read().find("tea")->id() == ProductId{12});
    CHECK(cache.counts().stock_rows == 1);
    CHECK(difference(before, model) == "");
}

TEST_CASE("cache: deleting what is not held changes nothing", "[cache]") {
    Cache cache;
    const Model model = two_stores_two_products();
    model.load_into(cache);
    ChangeSet set = at(2);
    set.products.push_back({ProductId{99}, std::nullopt});
    set.stores.push_back({StoreId{99}, std::nullopt});
    set.stock.push_back({StoreId{99}, ProductId{10}, std::nullopt});
    set.stock.push_back({StoreId{1}, ProductId{99}, std::nullopt});
    set.stock.push_back({StoreId{2}, ProductId{11}, std::nullopt});
    cache.apply(set);
    CHECK(difference(cache.read(), model) == "");
    cache.apply(set);
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("cache: memory does not grow with what comes and goes", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache);
    const auto come_and_go = [&](std::uint64_t xmax) {
        ChangeSet come = at(xmax);
        come.products.push_back({ProductId{50}, product(50, "water-" + std::to_string(xmax % 7))});
        come.stock.push_back({StoreId{1}, ProductId{50}, stock(1, 50, 4)});
        cache.apply(come);
        ChangeSet go = at(xmax);
        go.products.push_back({ProductId{50}, std::nullopt});
        go.stock.push_back({StoreId{1}, ProductId{50}, std::nullopt});
        cache.apply(go);
    };
    come_and_go(2);
    const std::size_t bytes = cache.counts().bytes;
    for (std::uint64_t xmax = 3; xmax < 1000; ++xmax) {
        come_and_go(xmax);
    }
    CHECK(cache.counts().bytes == bytes);
}

TEST_CASE("cache: codes of held keys are known to the writer", "[cache]") {
    Cache cache;
    Model model = two_stores_two_products();
    model.with(product(12, "hidden", false)).with(stock(9, 13, 1));
    model.load_into(cache);
    CHECK(cache.sku_of(ProductId{10}) == "tea");
    CHECK(cache.sku_of(ProductId{12}) == "hidden");
    CHECK_FALSE(cache.sku_of(ProductId{13}).has_value());
    CHECK_FALSE(cache.sku_of(ProductId{99}).has_value());
    CHECK(cache.store_code_of(StoreId{2}) == "AMSTERDAM");
    CHECK_FALSE(cache.store_code_of(StoreId{9}).has_value());
}

TEST_CASE("cache: pages are in byte order and go on after any text", "[cache]") {
    Cache cache;
    Model model;
    int id = 0;
    for (const char* sku : {"b", "a", "Z", "a-1", "aa", "\xC3\xA9", "10", "9"}) {
        model.with(product(++id, sku));
    }
    model.load_into(cache);
    const Reading reading = cache.read();
    const auto skus = [&](std::string_view after, std::size_t limit) {
        std::string all;
        for (const auto& view : reading.page(after, limit)) {
            all += std::string(view.sku()) + " ";
        }
        return all;
    };
    CHECK(skus("", 100) == "10 9 Z a a-1 aa b \xC3\xA9 ");
    CHECK(skus("Z", 2) == "a a-1 ");
    CHECK(skus("a0", 2) == "aa b ");
    CHECK(skus("\xFF", 2).empty());
    CHECK(skus("", 0).empty());
}

TEST_CASE("cache: more readings than there are pins at first are served", "[cache]") {
    Cache cache;
    const Model model = two_stores_two_products();
    model.load_into(cache);
    std::vector<Reading> many;
    many.reserve(300);
    for (int i = 0; i < 300; ++i) {
        many.push_back(cache.read());
    }
    cache.apply(with(2, stock(1, 10, 1000, 0, 2)));
    for (const Reading& reading : many) {
        CHECK(on_hand(reading, "tea") == 12);
    }
    many.clear();
    CHECK(on_hand(cache.read(), "tea") == 1005);
}

TEST_CASE("cache: a reading that is moved is given back once", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache);
    Reading a = cache.read();
    Reading b = std::move(a);
    Reading c = cache.read();
    c = std::move(b);
    cache.apply(with(2, stock(1, 10, 1000, 0, 2)));
    CHECK(on_hand(c, "tea") == 12);
}

TEST_CASE("cache: a position that goes back ends the process", "[cache]") {
    Cache cache;
    two_stores_two_products().load_into(cache, 5);
    CHECK_FALSE(aborts([&] { cache.apply(at(5)); }));
    CHECK(aborts([&] { cache.apply(at(4)); }));
    CHECK(aborts([&] {
        ChangeSet foreign = at(6);
        foreign.position.incarnation = "fedcba9876543210";
        cache.apply(foreign);
    }));
}
