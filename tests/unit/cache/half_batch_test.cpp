#include "model.hpp"

#include <catch2/catch.hpp>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <new>

using namespace cache_test;
using stockd::cache::Cache;

/// A batch that ends half way, because the memory does: readers go on with what was before it, and
/// only a load may follow.

namespace {

/// So many allocations of this thread succeed before one fails; negative: all.
thread_local std::int64_t allocations_left = -1;

void* allocate(std::size_t size, std::size_t alignment) {
    if (allocations_left >= 0 && allocations_left-- == 0) {
        throw std::bad_alloc();
    }
    void* memory = nullptr;
    if (posix_memalign(&memory, alignment, size == 0 ? 1 : size) != 0) {
        throw std::bad_alloc();
    }
    return memory;
}

}  // namespace

// This program's, so that any one can fail. The others of the standard library are made of these
// (or, under a sanitizer, are a pair of its own).
void* operator new(std::size_t size) {
    return allocate(size, alignof(std::max_align_t));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    return std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

namespace {

constexpr std::int64_t kProducts = 6;
constexpr std::int64_t kStores = 20;

/// Every batch changes everything, by every way there is: rows, codes that are swapped, what comes
/// and what goes.
Model tables_after(std::int64_t n) {
    Model model;
    for (std::int64_t s = 1; s <= kStores; ++s) {
        model.with(store(s, "S" + std::to_string((s + n) % kStores), (s + n) % 4 != 0));
    }
    for (std::int64_t p = 1; p <= kProducts; ++p) {
        if (p % 3 == n % 3) {
            continue;
        }
        model.with(product(p, "P" + std::to_string((p + n) % kProducts), (p + n) % 5 != 0));
        for (std::int64_t s = 1; s <= kStores; ++s) {
            if ((s + p + n) % 3 != 0) {
                model.with(stock(s, p, 100 * n + s, 0, n));
            }
        }
    }
    return model;
}

ChangeSet batch(std::int64_t n, std::mt19937_64& random) {
    Touched touched;
    for (std::int64_t s = 1; s <= kStores; ++s) {
        touched.stores[s] = true;
        for (std::int64_t p = 1; p <= kProducts; ++p) {
            touched.products[p] = true;
            touched.stock[{p, s}] = true;
        }
    }
    return touched.changes(tables_after(n), static_cast<std::uint64_t>(n), random);
}

/// What a failing batch has in hand goes with the arena of its copy. Under the address sanitizer
/// every piece is an allocation of its own, and that one is lost: known, and not looked for.
class LeaksNotLookedFor {
  public:
    LeaksNotLookedFor() {
#ifdef __SANITIZE_ADDRESS__
        __lsan_disable();
#endif
    }

    ~LeaksNotLookedFor() {
#ifdef __SANITIZE_ADDRESS__
        __lsan_enable();
#endif
    }

    LeaksNotLookedFor(const LeaksNotLookedFor&) = delete;
    LeaksNotLookedFor& operator=(const LeaksNotLookedFor&) = delete;
    LeaksNotLookedFor(LeaksNotLookedFor&&) = delete;
    LeaksNotLookedFor& operator=(LeaksNotLookedFor&&) = delete;
};

/// True when the memory ended before the batch did.
bool fails_after(Cache& cache, const ChangeSet& changes, std::int64_t allocations) {
    const LeaksNotLookedFor scope;
    allocations_left = allocations;
    try {
        cache.apply(changes);
    } catch (const std::bad_alloc&) {
        allocations_left = -1;
        return true;
    }
    allocations_left = -1;
    return false;
}

}  // namespace

TEST_CASE("cache: of a batch that ends half way nobody sees anything", "[cache]") {
    std::mt19937_64 random(seed_of_this_run("cache half batch"));
    std::int64_t allocations = 0;
    for (bool failed = true; failed; ++allocations) {
        INFO("allocations " << allocations);
        Cache cache;
        tables_after(1).load_into(cache, 1);
        const auto held = cache.read();
        failed = fails_after(cache, batch(2, random), allocations);
        REQUIRE(difference(held, tables_after(1)) == "");
        REQUIRE(difference(cache.read(), tables_after(failed ? 1 : 2)) == "");
        REQUIRE(cache.read().state().position == position_at(failed ? 1 : 2));
        if (failed && allocations % 2 == 0) {
            cache.clear();
            REQUIRE_FALSE(cache.read().state().loaded);
        }
        cache.finish_load(tables_after(3).loader(cache, random), position_at(3));
        REQUIRE(difference(cache.read(), tables_after(3)) == "");
        REQUIRE(difference(held, tables_after(1)) == "");
        cache.apply(batch(4, random));
        REQUIRE(difference(cache.read(), tables_after(4)) == "");
    }
    CHECK(allocations > 20);
}

TEST_CASE("cache: after a batch that ended half way no other is applied", "[cache]") {
    std::mt19937_64 random(1);
    Cache cache;
    tables_after(1).load_into(cache, 1);
    REQUIRE(fails_after(cache, batch(2, random), 10));
    const auto next = batch(2, random);
    const pid_t child = fork();
    if (child == 0) {
        std::freopen("/dev/null", "w", stderr);
        std::signal(SIGABRT, SIG_DFL);
        cache.apply(next);
        _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
}
