#include "cache/detail/graveyard.hpp"
#include "cache/detail/sku_index.hpp"
#include "model.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <unordered_map>

using namespace cache_test;
using stockd::cache::Cache;
using stockd::cache::detail::Graveyard;
using stockd::cache::detail::SkuIndex;

namespace {

/// Two different skus with the same 32-bit hash: by birthday among some hundred thousand.
std::pair<std::string, std::string> colliding_skus() {
    std::unordered_map<std::uint32_t, std::string> seen;
    for (int i = 0;; ++i) {
        std::string sku = "SKU-" + std::to_string(i);
        const auto [found, added] = seen.try_emplace(SkuIndex::hash(sku), sku);
        if (!added) {
            return {found->second, sku};
        }
    }
}

}  // namespace

TEST_CASE("sku index: skus of equal hash are told apart", "[cache]") {
    const auto [one, other] = colliding_skus();
    Cache cache;
    Model model;
    model.with(product(1, one));
    model.load_into(cache);
    CHECK_FALSE(cache.read().find(other).has_value());
    ChangeSet set;
    set.position = position_at(2);
    set.products.push_back({ProductId{2}, product(2, other)});
    cache.apply(set);
    CHECK(cache.read().find(one)->id() == ProductId{1});
    CHECK(cache.read().find(other)->id() == ProductId{2});
    // The same slot and hash twice: the entry of the old sku goes, that of the new one stays.
    set.products = {{ProductId{1}, product(1, "away")}};
    cache.apply(set);
    set.products = {{ProductId{2}, product(2, one)}};
    cache.apply(set);
    cache.apply(set);
    CHECK(cache.read().find(one)->id() == ProductId{2});
    CHECK_FALSE(cache.read().find(other).has_value());
}

TEST_CASE("sku index: hashes of like skus differ", "[cache]") {
    std::set<std::uint32_t> low_bits;
    std::set<std::uint32_t> all;
    for (int i = 0; i < 4096; ++i) {
        for (const char* prefix :
             {"", "A", "SKU-000", "a-long-prefix-of-a-sku-that-is-the-same-"}) {
            const std::uint32_t hash = SkuIndex::hash(prefix + std::to_string(i));
            all.insert(hash);
            low_bits.insert(hash & 0x3FFFU);
        }
    }
    CHECK(all.size() > 16384 - 4);
    // 16384 balls into 16384 bins: 63 % of the bins are hit by a good hash.
    CHECK(low_bits.size() > 10000);
}

TEST_CASE("sku index: it grows, shrinks and stays right over many renames", "[cache]") {
    Cache cache;
    Model model;
    for (std::int64_t id = 1; id <= 50; ++id) {
        model.with(product(id, "P" + std::to_string(id)));
    }
    model.load_into(cache);
    for (std::int64_t round = 1; round <= 60; ++round) {
        ChangeSet set;
        set.position = position_at(static_cast<std::uint64_t>(round) + 1);
        for (std::int64_t id = 1; id <= 50; ++id) {
            const ProductRow row = product(id, "P" + std::to_string(id + 50 * round));
            model.with(row);
            set.products.push_back({row.product, row});
        }
        cache.apply(set);
    }
    CHECK(difference(cache.read(), model) == "");
    CHECK_FALSE(cache.read().find("P1").has_value());
}

TEST_CASE("graveyard: only what nobody can reach is buried", "[cache]") {
    int buried = 0;
    const auto bury = [](void* what) noexcept { ++*static_cast<int*>(what); };
    {
        Graveyard graveyard;
        graveyard.retire(5, &buried, bury);
        graveyard.retire(6, &buried, bury);
        graveyard.retire(6, &buried, bury);
        graveyard.bury_until(4);
        CHECK(buried == 0);
        graveyard.bury_until(5);
        CHECK(buried == 1);
        graveyard.bury_until(6);
        CHECK(buried == 3);
        graveyard.retire(7, &buried, bury);
    }
    CHECK(buried == 4);
}
