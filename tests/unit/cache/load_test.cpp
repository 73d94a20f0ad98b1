#include "model.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace cache_test;
using stockd::cache::Cache;

TEST_CASE("cache load: the old copy serves until the new one is finished", "[cache][load]") {
    Cache cache;
    Model old;
    old.with(store(1, "A")).with(product(1, "tea")).with(stock(1, 1, 5));
    old.load_into(cache);
    auto loader = cache.begin_load();
    loader->add_product(product(2, "coffee"));
    CHECK(difference(cache.read(), old) == "");
    old.with(stock(1, 1, 6, 0, 2));
    ChangeSet set;
    set.position = position_at(2);
    set.stock.push_back({StoreId{1}, ProductId{1}, stock(1, 1, 6, 0, 2)});
    cache.apply(set);
    CHECK(difference(cache.read(), old) == "");
    cache.finish_load(std::move(loader), position_at(3));
    CHECK(difference(cache.read(), Model().with(product(2, "coffee"))) == "");
}

TEST_CASE("cache load: the copy can be built on another thread meanwhile", "[cache][load]") {
    Cache cache;
    Model model;
    model.with(store(1, "A")).with(product(1, "tea")).with(product(2, "jam")).with(stock(1, 1, 5));
    model.load_into(cache);
    std::mt19937_64 random(1);
    auto loader = model.loader(cache, random);
    std::thread building{[&] { loader->prepare(); }};
    for (std::uint64_t i = 2; i < 200; ++i) {
        ChangeSet set;
        set.position = position_at(i);
        const auto row = stock(1, 1, static_cast<std::int64_t>(i), 0, static_cast<std::int64_t>(i));
        set.stock.push_back({StoreId{1}, ProductId{1}, row});
        model.with(row);
        cache.apply(set);
    }
    building.join();
    CHECK(difference(cache.read(), model) == "");
    // All that came meanwhile, at once; and the copy goes on from there.
    ChangeSet newer;
    newer.position = position_at(200);
    newer.stock.push_back({StoreId{1}, ProductId{1}, stock(1, 1, 199, 0, 199)});
    newer.products.push_back({ProductId{2}, std::nullopt});
    cache.finish_load(std::move(loader), newer);
    CHECK(cache.read().find("tea")->totals().on_hand == 199);
    CHECK_FALSE(cache.read().find("jam").has_value());
    ChangeSet back;
    back.position = position_at(201);
    back.products.push_back({ProductId{2}, product(2, "jam")});
    cache.apply(back);
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("cache load: one that is dropped leaves no trace", "[cache][load]") {
    Cache cache;
    Model model;
    model.with(product(1, "tea"));
    model.load_into(cache);
    {
        auto loader = cache.begin_load();
        loader->add_product(product(2, "coffee"));
    }
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("cache load: what changed since it was read is published with it", "[cache][load]") {
    Cache cache;
    Model model;
    model.with(store(1, "A"))
        .with(product(1, "tea"))
        .with(product(2, "coffee"))
        .with(stock(1, 1, 5));
    std::mt19937_64 random(1);
    auto loader = model.loader(cache, random);
    Touched touched;
    model.with(product(1, "coffee"))
        .with(product(2, "tea"))
        .with(store(1, "B"))
        .with(store(2, "A"));
    model.with(stock(1, 1, 9, 0, 2)).with(stock(2, 1, 4));
    touched.products = {{1, true}, {2, true}};
    touched.stores = {{1, true}, {2, true}};
    touched.stock = {{{1, 1}, true}, {{1, 2}, true}};
    const std::uint64_t before = cache.read().state().sequence;
    cache.finish_load(std::move(loader), touched.changes(model, 8, random));
    CHECK(difference(cache.read(), model) == "");
    CHECK(cache.read().state().sequence == before + 1);
    CHECK(cache.read().state().position == position_at(8));
}

TEST_CASE("cache load: of a key that comes twice the last row counts", "[cache][load]") {
    Cache cache;
    auto loader = cache.begin_load();
    loader->add_stock(stock(1, 1, 5, 0, 1));
    loader->add_stock(stock(1, 1, 6, 0, 2));
    loader->add_store(store(1, "A"));
    loader->add_store(store(1, "B"));
    loader->add_product(product(1, "tea"));
    loader->add_product(product(1, "coffee"));
    cache.finish_load(std::move(loader), position_at(1));
    Model model;
    model.with(store(1, "B")).with(product(1, "coffee")).with(stock(1, 1, 6, 0, 2));
    CHECK(difference(cache.read(), model) == "");
}

TEST_CASE("cache load: a hundred thousand rows in any order", "[cache][load]") {
    Cache cache;
    Model model;
    for (std::int64_t s = 1; s <= 100; ++s) {
        model.with(store(s, "S" + std::to_string(s * 7919 % 1000), s % 9 != 0));
    }
    for (std::int64_t p = 1; p <= 1000; ++p) {
        model.with(product(p, "P" + std::to_string(p * 104729 % 10007), p % 11 != 0));
        for (std::int64_t s = 1; s <= 100; ++s) {
            model.with(stock(s, p, s * p % 977, s % 3, p));
        }
    }
    model.load_into(cache);
    CHECK(difference(cache.read(), model) == "");
}
