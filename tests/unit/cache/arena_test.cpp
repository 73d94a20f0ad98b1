#include "cache/detail/arena.hpp"

#include "model.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <map>
#include <random>

using namespace cache_test;
using stockd::cache::Cache;
using stockd::cache::detail::Arena;

namespace {

struct Piece {
    std::size_t size;
    unsigned char mark;
};

/// Fills pieces with marks of their own; a mark that is not there any more was overwritten by
/// another piece.
class Marked {
  public:
    explicit Marked(Arena& arena)
        : arena_(arena) {}

    void add(std::size_t size) {
        void* const memory = arena_.allocate(size);
        REQUIRE(reinterpret_cast<std::uintptr_t>(memory) % 16 == 0);
        std::memset(memory, ++mark_, size);
        REQUIRE(pieces_.emplace(memory, Piece{size, mark_}).second);
    }

    void free_one(std::mt19937_64& random) {
        auto piece = pieces_.begin();
        std::advance(piece, static_cast<std::ptrdiff_t>(random() % pieces_.size()));
        const auto* const bytes = static_cast<const unsigned char*>(piece->first);
        REQUIRE(bytes[0] == piece->second.mark);
        REQUIRE(std::memcmp(bytes, bytes + 1, piece->second.size - 1) == 0);
        Arena::free(piece->first, piece->second.size);
        pieces_.erase(piece);
    }

    [[nodiscard]] std::size_t count() const { return pieces_.size(); }

  private:
    Arena& arena_;
    std::map<void*, Piece> pieces_;
    unsigned char mark_ = 0;
};

}  // namespace

TEST_CASE("arena: pieces of any size never overlap and keep their content", "[cache]") {
    const std::uint64_t seed = seed_of_this_run("cache arena");
    std::mt19937_64 random(seed);
    Arena arena;
    Marked marked(arena);
    for (int i = 0; i < 20'000; ++i) {
        if (marked.count() > 0 && random() % 100 < 45) {
            marked.free_one(random);
        } else {
            const std::size_t most = random() % 200 == 0 ? 100'000 : 1000;
            marked.add(1 + random() % most);
        }
    }
    while (marked.count() > 0) {
        marked.free_one(random);
    }
    CHECK_FALSE(arena.has_single_pieces());
}

TEST_CASE("arena: freed memory is used again, by smaller pieces too", "[cache]") {
    Arena arena;
    std::vector<void*> pieces;
    pieces.reserve(10'000);
    for (int i = 0; i < 10'000; ++i) {
        pieces.push_back(arena.allocate(800));
    }
    const std::size_t regions = arena.regions();
    for (void* piece : pieces) {
        Arena::free(piece, 800);
    }
    pieces.clear();
    for (int i = 0; i < 30'000; ++i) {
        pieces.push_back(arena.allocate(250));
    }
    CHECK(arena.regions() == regions);
    for (void* piece : pieces) {
        Arena::free(piece, 250);
    }
}

TEST_CASE("arena: a product in more stores than fit one piece", "[cache]") {
    // 8 bytes per 16 stores: beyond 64 kB of chunk pointers the block is an allocation of its own.
    constexpr std::int64_t kStores = 140'000;
    Cache cache;
    auto loader = cache.begin_load();
    loader->add_product(product(1, "tea"));
    for (std::int64_t s = 1; s <= kStores; ++s) {
        loader->add_store(store(s, "S" + std::to_string(s)));
        loader->add_stock(stock(s, 1, 1));
    }
    cache.finish_load(std::move(loader), position_at(1));
    ChangeSet set;
    set.position = position_at(2);
    set.stock.push_back({StoreId{7}, ProductId{1}, stock(7, 1, 10, 0, 2)});
    cache.apply(set);
    CHECK(cache.read().find("tea")->totals().on_hand == kStores + 9);
    CHECK(cache.read().find("tea")->stock_in("S7")->version == 2);
    Model().load_into(cache, 3);
    CHECK(cache.read().product_count() == 0);
}
