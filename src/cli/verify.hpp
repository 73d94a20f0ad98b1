#pragma once

#include "cli/daemon.hpp"
#include "pg/connection.hpp"

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

/// What `stockctl verify` compares: the ledger with the stock rows in one snapshot, and stockd's
/// copy with both.
namespace stockd::cli {

struct Difference {
    std::string check;  ///< "version", "balance", "stock", "product", "cache"
    std::string store;  ///< code; "#id" when the store is gone
    std::string sku;
    std::string expected;
    std::string found;
};

/// Collects differences up to a limit and counts the rest.
class Differences {
  public:
    explicit Differences(std::size_t limit)
        : limit_(limit) {}

    void add(Difference difference);

    [[nodiscard]] const std::vector<Difference>& listed() const noexcept { return listed_; }

    [[nodiscard]] std::int64_t count() const noexcept { return count_; }

  private:
    std::size_t limit_;
    std::vector<Difference> listed_;
    std::int64_t count_ = 0;
};

struct LedgerCounts {
    std::int64_t stock_rows = 0;
    std::int64_t movements = 0;
};

/// In one snapshot: versions are dense, every balance follows from the one before, and the last
/// movement is the stock row.
[[nodiscard]] base::Result<LedgerCounts> verify_ledger(
    pg::Connection& connection, Differences& differences
);

struct StockKey {
    std::string sku;
    std::string store;
    friend bool operator==(const StockKey&, const StockKey&) = default;
};

struct StockKeyHash {
    std::size_t operator()(const StockKey& key) const noexcept {
        return std::hash<std::string>{}(key.sku) * 31 + std::hash<std::string>{}(key.store);
    }
};

struct StockFigures {
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t low_stock_threshold = 0;
    std::int64_t version = 0;
    friend bool operator==(const StockFigures&, const StockFigures&) = default;
};

using StockMap = std::unordered_map<StockKey, StockFigures, StockKeyHash>;

/// What readers should see: rows of active products and stores. A product is a key with an empty
/// store.
struct TableState {
    StockMap rows;
    std::string ticket;  ///< of a transaction that ended after the snapshot was taken
};

[[nodiscard]] base::Result<TableState> read_tables(pg::Connection& connection);

/// The whole copy, page by page, not before it has the ticket.
[[nodiscard]] base::Result<StockMap> read_cache(
    Daemon& daemon, const std::string& ticket, std::int64_t wait_ms
);

/// A row that changed while the copy was read, and must therefore be looked up in the ledger.
struct Moving {
    StockKey key;
    StockFigures cached;
};

/// Judges the copy by the tables before and after it was read: a row that did not change in between
/// must be equal; one that did must have a version from between, and is returned to be looked up.
[[nodiscard]] std::vector<Moving> compare(
    const StockMap& before, const StockMap& cached, const StockMap& after, Differences& differences
);

/// The figures of a moving row against the ledger at the row's version.
[[nodiscard]] base::Result<void> verify_moving(
    pg::Connection& connection, const std::vector<Moving>& moving, Differences& differences
);

}  // namespace stockd::cli
