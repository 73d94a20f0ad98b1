#include "model.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <thread>

using namespace cache_test;
using stockd::cache::Cache;
using stockd::cache::ProductView;
using stockd::cache::Reading;

namespace {

constexpr std::int64_t kStores = 40;
constexpr std::int64_t kSum = 1'000'000;

/// What the readers found wrong; the first of each kind is named in the end.
struct Findings {
    std::atomic<std::int64_t> reads{0};
    std::atomic<std::int64_t> torn_batch{0};
    std::atomic<std::int64_t> torn_product{0};
    std::atomic<std::int64_t> missing{0};
    std::atomic<std::int64_t> went_back{0};
    std::atomic<std::int64_t> torn_page{0};
};

/// The tables after batch `n`: two products share kSum, have the batch's number as version
/// everywhere, and swap their skus with every batch; so do two stores their codes. Other products
/// come and go.
Model tables_after(std::int64_t n) {
    Model model;
    const bool swapped = n % 2 == 1;
    model.with(product(1, swapped ? "right" : "left")).with(product(2, swapped ? "left" : "right"));
    for (std::int64_t s = 1; s <= kStores; ++s) {
        model.with(store(s, "S" + std::to_string(100 + s), s % 5 != n % 5));
        model.with(stock(s, 1, s, 0, n)).with(stock(s, 2, s, 0, n));
    }
    model.with(store(kStores + 1, swapped ? "X" : "Y"))
        .with(store(kStores + 2, swapped ? "Y" : "X"));
    model.with(stock(kStores + 1, 1, n, 0, n)).with(stock(kStores + 1, 2, kSum - n, 0, n));
    for (std::int64_t p = 3; p < 10; ++p) {
        if ((n + p) % 3 != 0) {
            model.with(product(p, "other-" + std::to_string((n + p) % 7)));
        }
    }
    return model;
}

ChangeSet batch(std::int64_t n, std::mt19937_64& random) {
    const Model model = tables_after(n);
    Touched touched;
    touched.products = {{1, true}, {2, true}};
    for (std::int64_t p = 3; p < 10; ++p) {
        touched.products[p] = true;
    }
    for (std::int64_t s = 1; s <= kStores + 2; ++s) {
        if (s > kStores || s % 5 == n % 5 || s % 5 == (n + 4) % 5) {
            touched.stores[s] = true;
        }
    }
    for (const auto& [key, row] : model.stock) {
        touched.stock[key] = true;
    }
    return touched.changes(model, static_cast<std::uint64_t>(n), random);
}

/// Every row of the product is of one batch, and the sums are those of its rows.
bool whole(const ProductView& view, std::int64_t n) {
    std::int64_t on_hand = 0;
    for (std::size_t i = 0; i < view.stock_count(); ++i) {
        const auto row = view.stock(i);
        if (row.version != n || (i > 0 && view.stock(i - 1).store_code >= row.store_code)) {
            return false;
        }
        on_hand += row.on_hand;
    }
    return view.stock_count() == static_cast<std::size_t>(kStores) - kStores / 5 + 1 &&
           view.totals().on_hand == on_hand;
}

void look(
    const Reading& reading, Findings& findings, std::uint64_t& sequence, std::int64_t& newest
) {
    const auto& state = reading.state();
    const auto n = static_cast<std::int64_t>(state.position.snapshot.xmax);
    if (state.sequence < sequence || (state.loaded && n < newest)) {
        ++findings.went_back;
    }
    sequence = state.sequence;
    if (!state.loaded) {
        findings.missing +=
            reading.product_count() == 0 && !reading.find("left").has_value() ? 0 : 1;
        return;
    }
    newest = n;
    const auto left = reading.find("left");
    const auto right = reading.find("right");
    if (!left.has_value() || !right.has_value()) {
        ++findings.missing;
        return;
    }
    if (left->id().value != 1 + n % 2 || right->id().value != 2 - n % 2) {
        ++findings.torn_batch;
    }
    const char* const code = n % 2 == 1 ? "X" : "Y";
    const auto a = left->stock_in(code);
    const auto b = right->stock_in(code);
    if (!a.has_value() || !b.has_value() || a->on_hand + b->on_hand != kSum || a->version != n ||
        b->version != n) {
        ++findings.torn_batch;
    }
    if (!whole(*left, n) || !whole(*right, n)) {
        ++findings.torn_product;
    }
    const auto page = reading.page("", 100);
    for (std::size_t i = 1; i < page.size(); ++i) {
        findings.torn_page += page[i - 1].sku() < page[i].sku() ? 0 : 1;
    }
    findings.torn_page += page.size() == reading.product_count() ? 0 : 1;
}

}  // namespace

TEST_CASE("cache: readers see whole batches only, and never go back", "[cache][concurrency]") {
    using Clock = std::chrono::steady_clock;
    const std::uint64_t seed = seed_of_this_run("cache concurrency");
    std::mt19937_64 random(seed);
    Cache cache;
    Findings findings;
    std::atomic<bool> stop{false};
    std::int64_t n = 1;
    cache.finish_load(tables_after(n).loader(cache, random), position_at(1));
    std::vector<std::thread> readers;
    readers.reserve(3);
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&cache, &findings, &stop, i] {
            std::uint64_t sequence = 0;
            std::int64_t newest = 0;
            std::optional<Reading> long_one;
            for (std::int64_t round = 0; !stop; ++round) {
                const Reading reading = cache.read();
                look(reading, findings, sequence, newest);
                // One reader also holds a state over many publications, and then looks at it again.
                if (i == 0 && round % 50 == 0) {
                    std::uint64_t its_sequence = 0;
                    std::int64_t its_newest = 0;
                    if (long_one.has_value()) {
                        look(*long_one, findings, its_sequence, its_newest);
                    }
                    long_one.emplace(cache.read());
                }
                ++findings.reads;
            }
        });
    }
    // Enough of both, but no longer than a slow machine under a sanitizer can bear.
    const Clock::time_point least = Clock::now() + std::chrono::milliseconds(1500);
    const Clock::time_point most = Clock::now() + std::chrono::seconds(60);
    while (Clock::now() < most && (Clock::now() < least || n < 500 || findings.reads < 2000)) {
        ++n;
        if (n % 211 == 0) {
            cache.clear();
        }
        if (n % 211 == 0 || n % 97 == 0) {
            cache.finish_load(
                tables_after(n).loader(cache, random), position_at(static_cast<std::uint64_t>(n))
            );
        } else {
            cache.apply(batch(n, random));
        }
    }
    stop = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
    INFO("batches " << n << ", reads " << findings.reads);
    CHECK(findings.torn_batch == 0);
    CHECK(findings.torn_product == 0);
    CHECK(findings.missing == 0);
    CHECK(findings.went_back == 0);
    CHECK(findings.torn_page == 0);
    CHECK(n >= 100);
    CHECK(findings.reads >= 100);
    cache.collect();
    CHECK(difference(cache.read(), tables_after(n)) == "");
}
