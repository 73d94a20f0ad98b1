#include "model.hpp"

#include <catch2/catch.hpp>

#include <deque>

using namespace cache_test;
using stockd::cache::Cache;
using stockd::cache::Reading;

namespace {

/// How big a world is; small ones meet every corner often, big ones split pages, chunks and tables.
struct World {
    std::int64_t products;
    std::int64_t stores;
    int steps;
    int rows_at_first;
};

/// Makes random changes to a model as the database could: skus and codes are unique at the end of a
/// batch.
class Chaos {
  public:
    Chaos(std::uint64_t seed, const World& world)
        : random(seed),
          world_(world) {}

    std::mt19937_64 random;
    Model model;
    Touched touched;

    std::int64_t upto(std::int64_t n) {
        return std::uniform_int_distribution<std::int64_t>(0, n - 1)(random);
    }

    bool chance(int percent) { return upto(100) < percent; }

    void fill() {
        for (std::int64_t id = 1; id <= world_.stores; ++id) {
            if (chance(80)) {
                change_store(id);
            }
        }
        for (std::int64_t id = 1; id <= world_.products; ++id) {
            if (chance(80)) {
                change_product(id);
            }
        }
        for (int i = 0; i < world_.rows_at_first; ++i) {
            change_stock();
        }
    }

    void step() {
        const std::int64_t changes = chance(10) ? 60 : 1 + upto(6);
        for (std::int64_t i = 0; i < changes; ++i) {
            const std::int64_t what = upto(100);
            if (what < 70) {
                change_stock();
            } else if (what < 88) {
                change_product(1 + upto(world_.products));
            } else if (what < 93) {
                swap_skus();
            } else if (what < 98) {
                change_store(1 + upto(world_.stores));
            } else {
                swap_codes();
            }
        }
    }

  private:
    void change_stock() {
        const Model::StockKey key{1 + upto(world_.products), 1 + upto(world_.stores)};
        touched.stock[key] = true;
        if (chance(20)) {
            model.stock.erase(key);
            return;
        }
        StockRow& row = model.stock[key];
        row.product = ProductId{key.first};
        row.store = StoreId{key.second};
        row.on_hand =
            chance(3) ? std::numeric_limits<std::int64_t>::max() - upto(3) : upto(1000) - 100;
        row.reserved = upto(50);
        row.low_stock_threshold = upto(9);
        row.version += 1;
        row.updated_at = Timestamp{upto(100'000)};
        row.allow_negative = row.on_hand < 0;
    }

    /// A text that no other row has; sometimes one that was used before.
    template <class Rows, class Make, class Text>
    static std::string free_text(const Rows& rows, std::int64_t id, Make make, Text text_of) {
        for (;;) {
            std::string text = make();
            bool taken = false;
            for (const auto& [other, row] : rows) {
                taken = taken || (other != id && text_of(row) == text);
            }
            if (!taken) {
                return text;
            }
        }
    }

    std::string free_sku(std::int64_t id) {
        return free_text(
            model.products,
            id,
            [&] { return "SKU-" + std::to_string(upto(world_.products * 2)); },
            [](const ProductRow& row) { return row.sku; }
        );
    }

    std::string free_code(std::int64_t id) {
        return free_text(
            model.stores,
            id,
            // The first letter mixes their order.
            [&] {
                return std::string(1, static_cast<char>('A' + upto(26))) +
                       std::to_string(upto(world_.stores));
            },
            [](const StoreRow& row) { return row.code; }
        );
    }

    void change_product(std::int64_t id) {
        touched.products[id] = true;
        const auto held = model.products.find(id);
        if (held != model.products.end() && chance(25)) {
            model.products.erase(held);
            return;
        }
        if (held == model.products.end() || chance(40)) {
            ProductRow row = product(id, free_sku(id), chance(85));
            row.name += std::string(static_cast<std::size_t>(upto(20)), 'x');
            model.products[id] = row;
        } else {
            held->second.active = chance(70);
            held->second.updated_at = Timestamp{upto(100'000)};
            held->second.packs_per_box = 1 + upto(9);
        }
    }

    void swap_skus() {
        const std::int64_t a = 1 + upto(world_.products);
        const std::int64_t b = 1 + upto(world_.products);
        if (a != b && model.products.contains(a) && model.products.contains(b)) {
            std::swap(model.products[a].sku, model.products[b].sku);
            touched.products[a] = touched.products[b] = true;
        }
    }

    void change_store(std::int64_t id) {
        touched.stores[id] = true;
        const auto held = model.stores.find(id);
        if (held != model.stores.end() && chance(20)) {
            model.stores.erase(held);
        } else if (held == model.stores.end() || chance(40)) {
            model.stores[id] = store(id, free_code(id), chance(85));
        } else {
            held->second.active = !held->second.active;
        }
    }

    void swap_codes() {
        const std::int64_t a = 1 + upto(world_.stores);
        const std::int64_t b = 1 + upto(world_.stores);
        if (a != b && model.stores.contains(a) && model.stores.contains(b)) {
            std::swap(model.stores[a].code, model.stores[b].code);
            touched.stores[a] = touched.stores[b] = true;
        }
    }

    World world_;
};

struct Held {
    Reading reading;
    Model model;
};

/// The audit agrees too, and counts what it compares: nothing differs.
void check_audit(Cache& cache, const Model& model) {
    const Position position = cache.read().state().position;
    CHECK(cache.audit_stock({}, model.stock_rows(), position).empty());
    CHECK(cache.audit_products({}, model.product_rows(), position).empty());
    CHECK(cache.audit_stores(model.store_rows(), position).empty());
}

void play(std::uint64_t seed, const World& world) {
    Chaos chaos(seed, world);
    Cache cache;
    std::deque<Held> held;
    chaos.fill();
    cache.finish_load(chaos.model.loader(cache, chaos.random), position_at(1));
    for (int step = 1; step <= world.steps; ++step) {
        INFO("seed " << seed << ", step " << step);
        const auto xmax = static_cast<std::uint64_t>(step) + 1;
        chaos.touched = {};
        if (chaos.chance(3)) {
            // A load of the rows as they are, with the changes since.
            auto loader = chaos.model.loader(cache, chaos.random);
            chaos.step();
            cache.finish_load(
                std::move(loader), chaos.touched.changes(chaos.model, xmax, chaos.random)
            );
        } else {
            chaos.step();
            cache.apply(chaos.touched.changes(chaos.model, xmax, chaos.random));
        }
        const std::string now = difference(cache.read(), chaos.model);
        REQUIRE(now == "");
        if (chaos.chance(20)) {
            held.push_back({cache.read(), chaos.model});
        }
        if (!held.empty() && chaos.chance(20)) {
            const std::string then = difference(held.front().reading, held.front().model);
            REQUIRE(then == "");
            held.pop_front();
        }
    }
    for (const Held& old : held) {
        const std::string then = difference(old.reading, old.model);
        REQUIRE(then == "");
    }
    held.clear();
    cache.collect();
    check_audit(cache, chaos.model);
}

}  // namespace

TEST_CASE(
    "cache: random loads, batches, renames and deletes equal the tables at every step",
    "[cache][random]"
) {
    static const std::uint64_t seed = seed_of_this_run("cache model");
    SECTION("few products, few stores") {
        play(seed, {6, 4, 1500, 10});
    }
    SECTION("few products, many stores") {
        play(seed + 1, {5, 120, 400, 300});
    }
    SECTION("many products, few stores") {
        play(seed + 2, {900, 5, 120, 2000});
    }
}
