#pragma once

#include "cli/latency.hpp"
#include "pg/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The load that `stockctl bench` makes, on a store and products of its own.
namespace stockd::cli {

inline constexpr const char* kBenchStore = "stockctl-bench";

/// The bench's own store, products and stock rows; real stock is never touched. Removed by
/// remove().
struct BenchStock {
    std::string store_id;
    std::vector<std::string> product_ids;  ///< the last one is the probe's

    /// Errors: kConflict when another bench is running on this database.
    [[nodiscard]] static base::Result<BenchStock> make(
        pg::Connection& connection, std::int64_t rows
    );

    /// Deletes what can be deleted and deactivates what cannot; its movements stay in the ledger,
    /// as all do. True: nothing but those is left.
    [[nodiscard]] base::Result<bool> remove(pg::Connection& connection) const;
};

struct LoadOptions {
    std::int64_t updates = 10'000;
    unsigned connections = 8;
    std::int64_t rows = 64;
};

struct LoadResult {
    std::int64_t updates = 0;
    double seconds = 0;
    Percentiles commit;
    std::optional<Percentiles>
        notified_idle;  ///< from commit to NOTIFY inventory_changes; none: nobody relays
    std::optional<Percentiles> notified_under_load;
    std::int64_t missed = 0;  ///< commits of which nobody told within the time limit
};

/// Blocks until done or interrupted (interrupt.hpp); makes its own threads and connections.
[[nodiscard]] base::Result<LoadResult> run_load(
    const std::string& conninfo, const BenchStock& stock, const LoadOptions& options
);

}  // namespace stockd::cli
