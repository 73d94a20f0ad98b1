// What the copy in memory costs and gives: reads while patches land, patches, loads, bytes per
// stock row.
//   cache_bench [--benchmark_filter=...]
#include "cache/cache.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace stockd;

namespace {

using Clock = std::chrono::steady_clock;

struct Shape {
    std::int64_t stores;
    std::int64_t products;

    [[nodiscard]] std::int64_t rows() const { return stores * products; }
};

constexpr Shape kFewStores{10, 100'000};
constexpr Shape kManyStores{1'000, 1'000};

std::string sku_of(std::int64_t product) {
    char text[32];
    std::snprintf(text, sizeof text, "SKU-%08lld", static_cast<long long>(product));
    return text;
}

change::Position position_at(std::uint64_t xmax) {
    change::Position position;
    position.incarnation = "0123456789abcdef";
    position.snapshot = {xmax, xmax, {}};
    return position;
}

change::StockRow row_of(std::int64_t store, std::int64_t product, std::int64_t version) {
    return {
        base::StoreId{store},
        base::ProductId{product},
        100 + version,
        version % 3,
        5,
        version,
        base::Timestamp{1'700'000'000'000'000 + version},
        false};
}

void add_stores_and_products(cache::Loader& loader, const Shape& shape) {
    for (std::int64_t s = 1; s <= shape.stores; ++s) {
        loader.add_store(
            {base::StoreId{s}, "STORE-" + std::to_string(s), "A store in the town", true}
        );
    }
    for (std::int64_t p = 1; p <= shape.products; ++p) {
        loader.add_product(
            {base::ProductId{p},
             sku_of(p),
             "A product with a name of usual length " + std::to_string(p),
             6,
             4,
             base::Timestamp{1},
             true}
        );
    }
}

/// The order of a heap that grew in the course of time: none.
std::vector<change::StockRow> shuffled_rows(const Shape& shape) {
    std::vector<change::StockRow> rows;
    rows.reserve(static_cast<std::size_t>(shape.rows()));
    for (std::int64_t s = 1; s <= shape.stores; ++s) {
        for (std::int64_t p = 1; p <= shape.products; ++p) {
            rows.push_back(row_of(s, p, 1));
        }
    }
    std::shuffle(rows.begin(), rows.end(), std::mt19937_64(7));
    return rows;
}

void load(
    cache::Cache& cache,
    const Shape& shape,
    const std::vector<change::StockRow>& rows,
    std::uint64_t xmax
) {
    auto loader = cache.begin_load();
    add_stores_and_products(*loader, shape);
    for (const change::StockRow& row : rows) {
        loader->add_stock(row);
    }
    cache.finish_load(std::move(loader), position_at(xmax));
}

/// Applies single-row batches at a pace, as a drain under load does, until it goes.
class Patcher {
  public:
    Patcher(
        cache::Cache& cache,
        const Shape& shape,
        std::int64_t per_second,
        std::int64_t rows_per_batch
    )
        : thread_([=, this, &cache] { run(cache, shape, per_second, rows_per_batch); }) {}

    ~Patcher() {
        stop_ = true;
        thread_.join();
    }

    Patcher(const Patcher&) = delete;
    Patcher& operator=(const Patcher&) = delete;
    Patcher(Patcher&&) = delete;
    Patcher& operator=(Patcher&&) = delete;

    [[nodiscard]] std::int64_t patches() const { return patches_; }

  private:
    void run(
        cache::Cache& cache, Shape shape, std::int64_t per_second, std::int64_t rows_per_batch
    ) {
        std::mt19937_64 random(11);
        std::int64_t version = 1;
        auto xmax = cache.read().state().position.snapshot.xmax;
        const auto pause = std::chrono::nanoseconds(1'000'000'000LL * rows_per_batch / per_second);
        for (Clock::time_point due = Clock::now(); !stop_; due += pause) {
            while (Clock::now() < due && !stop_) {
            }
            change::ChangeSet set;
            set.position = position_at(++xmax);
            ++version;
            for (std::int64_t i = 0; i < rows_per_batch; ++i) {
                const auto row = row_of(
                    1 + static_cast<std::int64_t>(
                            random() % static_cast<std::uint64_t>(shape.stores)
                        ),
                    1 + static_cast<std::int64_t>(
                            random() % static_cast<std::uint64_t>(shape.products)
                        ),
                    version
                );
                set.stock.push_back({row.store, row.product, row});
            }
            cache.apply(set);
            patches_ += rows_per_batch;
        }
    }

    std::atomic<bool> stop_{false};
    std::atomic<std::int64_t> patches_{0};
    std::thread thread_;
};

double at(std::vector<float>& sorted, double part) {
    return sorted.empty()
               ? 0
               : static_cast<double>(
                     sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * part)]
                 );
}

/// What two looks at the clock cost by themselves: taken off every single measurement.
double clock_cost() {
    std::vector<float> costs;
    for (int i = 0; i < 20'000; ++i) {
        const auto a = Clock::now();
        const auto b = Clock::now();
        costs.push_back(static_cast<float>((b - a).count()));
    }
    std::sort(costs.begin(), costs.end());
    return at(costs, 0.5);
}

enum class Asked { kOne, kPopular, kAny };

/// One product; or by Zipf's law, as customers ask: the n-th most popular one n times less often
/// than the first; or any.
std::int64_t asked_product(Asked asked, std::mt19937_64& random) {
    if (asked == Asked::kOne) {
        return 4711;
    }
    if (asked == Asked::kAny) {
        return 1 + static_cast<std::int64_t>(random() % 100'000);
    }
    const double part = std::uniform_real_distribution<double>(0, 1)(random);
    const auto rank = static_cast<std::int64_t>(std::pow(100'000.0, part));
    // Popular ones lie anywhere: a multiple that is coprime to their number.
    return 1 + rank * 7919 % 100'000;
}

/// read(), find() and totals(), each measured by itself.
void find(
    benchmark::State& state, Asked asked, std::int64_t patches_per_second, std::int64_t per_batch
) {
    cache::Cache cache;
    load(cache, kFewStores, shuffled_rows(kFewStores), 1);
    std::vector<std::string> skus;
    std::mt19937_64 random(5);
    skus.reserve(1 << 16);
    for (int i = 0; i < 1 << 16; ++i) {
        skus.push_back(sku_of(asked_product(asked, random)));
    }
    const double cost = clock_cost();
    std::vector<float> nanoseconds;
    nanoseconds.reserve(20'000'000);
    std::optional<Patcher> patcher;
    if (patches_per_second > 0) {
        patcher.emplace(cache, kFewStores, patches_per_second, per_batch);
    }
    const auto begin = Clock::now();
    std::size_t i = 0;
    for (auto step : state) {
        const std::string& sku = skus[i++ & 0xFFFFU];
        const auto before = Clock::now();
        const cache::Reading reading = cache.read();
        const auto view = reading.find(sku);
        benchmark::DoNotOptimize(view->totals());
        const auto after = Clock::now();
        if (nanoseconds.size() < nanoseconds.capacity()) {
            nanoseconds.push_back(
                static_cast<float>(static_cast<double>((after - before).count()) - cost)
            );
        }
    }
    if (patcher.has_value()) {
        const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        state.counters["patches/s"] = static_cast<double>(patcher->patches()) / seconds;
    }
    std::sort(nanoseconds.begin(), nanoseconds.end());
    state.counters["p50_ns"] = at(nanoseconds, 0.5);
    state.counters["p99_ns"] = at(nanoseconds, 0.99);
    state.counters["clock_ns"] = cost;
}

void apply_single(benchmark::State& state, const Shape& shape) {
    cache::Cache cache;
    load(cache, shape, shuffled_rows(shape), 1);
    std::mt19937_64 random(3);
    std::uint64_t xmax = 1;
    change::ChangeSet set;
    for (auto step : state) {
        set.position = position_at(++xmax);
        const auto row = row_of(
            1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(shape.stores)),
            1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(shape.products)),
            static_cast<std::int64_t>(xmax)
        );
        set.stock = {{row.store, row.product, row}};
        cache.apply(set);
    }
}

void load_all(benchmark::State& state, const Shape& shape, bool again) {
    const auto rows = shuffled_rows(shape);
    cache::Cache cache;
    std::uint64_t xmax = 0;
    for (auto step : state) {
        if (!again) {
            state.PauseTiming();
            cache.clear();
            state.ResumeTiming();
        }
        load(cache, shape, rows, ++xmax);
    }
    state.counters["rows"] = static_cast<double>(shape.rows());
}

void page_through(benchmark::State& state) {
    cache::Cache cache;
    load(cache, kFewStores, shuffled_rows(kFewStores), 1);
    std::string after;
    for (auto step : state) {
        const cache::Reading reading = cache.read();
        const auto page = reading.page(after, 100);
        after = page.empty() ? std::string() : std::string(page.back().sku());
    }
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    statm >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// In a process of its own, because an allocator that has been used shows nothing: resident memory
/// per row after the load, after a reload, and after a million patches.
void memory(benchmark::State& state, const Shape& shape) {
    double results[4] = {};
    for (auto step : state) {
        int ends[2] = {};
        if (pipe(ends) != 0) {
            state.SkipWithError("no pipe");
            return;
        }
        const pid_t child = fork();
        if (child == 0) {
            malloc_trim(0);
            const double before = resident_bytes();
            const auto per_row = [&] {
                return (resident_bytes() - before) / static_cast<double>(shape.rows());
            };
            cache::Cache cache;
            const auto feed = [&](std::uint64_t xmax) {
                auto loader = cache.begin_load();
                add_stores_and_products(*loader, shape);
                for (std::int64_t s = 1; s <= shape.stores; ++s) {
                    for (std::int64_t p = 1; p <= shape.products; ++p) {
                        loader->add_stock(row_of(s, p, 1));
                    }
                }
                cache.finish_load(std::move(loader), position_at(xmax));
            };
            feed(1);
            double mine[4] = {
                per_row(),
                0,
                0,
                static_cast<double>(cache.counts().bytes) / static_cast<double>(shape.rows())};
            feed(2);
            mine[1] = per_row();
            std::mt19937_64 random(3);
            for (std::uint64_t xmax = 3; xmax < 1'000'000; ++xmax) {
                const auto row = row_of(
                    1 + static_cast<std::int64_t>(
                            random() % static_cast<std::uint64_t>(shape.stores)
                        ),
                    1 + static_cast<std::int64_t>(
                            random() % static_cast<std::uint64_t>(shape.products)
                        ),
                    static_cast<std::int64_t>(xmax)
                );
                change::ChangeSet set;
                set.position = position_at(xmax);
                set.stock.push_back({row.store, row.product, row});
                cache.apply(set);
            }
            mine[2] = per_row();
            const auto written = write(ends[1], mine, sizeof mine);
            _exit(written == sizeof mine ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (read(ends[0], results, sizeof results) != sizeof results) {
            state.SkipWithError("the measuring process failed");
        }
        close(ends[0]);
        close(ends[1]);
    }
    state.counters["resident_per_row"] = results[0];
    state.counters["after_reload"] = results[1];
    state.counters["after_1M_patches"] = results[2];
    state.counters["counted_per_row"] = results[3];
}

}  // namespace

// Memory first: it forks, which must not copy what the others leave behind.
BENCHMARK_CAPTURE(memory, 10x100000, kFewStores)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(memory, 1000x1000, kManyStores)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(load_all, 10x100000, kFewStores, false)
    ->Unit(benchmark::kMillisecond)
    ->MinTime(2);
BENCHMARK_CAPTURE(load_all, 1000x1000, kManyStores, false)
    ->Unit(benchmark::kMillisecond)
    ->MinTime(2);
BENCHMARK_CAPTURE(load_all, 10x100000_again, kFewStores, true)
    ->Unit(benchmark::kMillisecond)
    ->MinTime(2);
BENCHMARK_CAPTURE(apply_single, 10x100000, kFewStores);
BENCHMARK_CAPTURE(apply_single, 1000x1000, kManyStores);
BENCHMARK_CAPTURE(find, one_quiet, Asked::kOne, 0, 1)->UseRealTime();
BENCHMARK_CAPTURE(find, popular_quiet, Asked::kPopular, 0, 1)->UseRealTime();
BENCHMARK_CAPTURE(find, any_quiet, Asked::kAny, 0, 1)->UseRealTime();
BENCHMARK_CAPTURE(find, one_50k_batches, Asked::kOne, 50'000, 1)->UseRealTime()->MinTime(2);
BENCHMARK_CAPTURE(find, popular_50k_batches, Asked::kPopular, 50'000, 1)->UseRealTime()->MinTime(2);
BENCHMARK_CAPTURE(find, any_50k_batches, Asked::kAny, 50'000, 1)->UseRealTime()->MinTime(2);
BENCHMARK_CAPTURE(find, any_50k_rows_by_50, Asked::kAny, 50'000, 50)->UseRealTime()->MinTime(2);
BENCHMARK(page_through);

BENCHMARK_MAIN();
