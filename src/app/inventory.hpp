#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::cache {
class Cache;
}

namespace stockd {

/// A product's stock in one store.
struct StoreStock {
    std::string store;  ///< its code
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t available = 0;
    std::int64_t low_stock_threshold = 0;
    std::int64_t version = 0;
    base::Timestamp last_updated;
};

/// A product's stock, in total or in the store that was asked for.
struct ProductInventory {
    std::string product_id;  ///< the sku
    std::string product_name;
    std::int64_t pieces_per_pack = 1;
    std::int64_t packs_per_box = 1;
    std::int64_t total_pieces = 0;
    std::int64_t reserved_pieces = 0;
    std::int64_t available_total = 0;
    std::int64_t available_boxes = 0;
    std::int64_t available_packs = 0;
    std::int64_t available_pieces = 0;
    base::Timestamp last_updated;
    std::vector<StoreStock> stores;
};

/// An answer, and how fresh it is: of one published state, at one moment.
template <class T>
struct Fresh {
    T value;
    std::string position;  ///< of that state, the short hash
    /// The database was known to hold nothing newer when it is this long ago.
    std::chrono::milliseconds data_age{0};
    /// The database is away, or has not been heard for long: it may well hold something newer.
    bool is_stale = true;
};

struct CacheStats {
    bool is_cached = false;
    std::optional<base::Timestamp> last_refresh;
    std::chrono::milliseconds cache_age{0};  ///< since last_refresh
    std::int64_t product_count = 0;
    bool is_stale = true;
    /// Since the database is known to hold nothing newer; none while nothing is held.
    std::optional<std::chrono::milliseconds> data_age;
    std::string position;  ///< the short hash
    std::int64_t drift = 0;
};

struct RefreshReport {
    std::int64_t products = 0;
    std::chrono::milliseconds duration{0};
};

/// What has changed in one publication.
struct InventoryChange {
    bool is_everything = false;  ///< a load or a clear: any product may have changed
    /// Of changed products and of products whose stock changed; of one that was deleted or renamed
    /// also the sku that it had.
    std::vector<std::string> skus;
};

/// Called after a publication, on the follow thread: be short. Inside, reads work (they do not wait
/// there: kUnavailable while nothing is loaded); refresh(), clear(), stop(), follow() and the waits
/// do not. What it throws is logged, and the following goes on.
using OnChange = std::function<void(const InventoryChange&)>;

struct InventoryOptions {
    std::string database_url;        ///< URL or key=value; empty: libpq's environment variables
    std::string name = "inventory";  ///< shown in pg_stat_activity and in stockctl status
    std::chrono::milliseconds ttl = std::chrono::minutes{15};
    std::chrono::milliseconds backstop{1000};
    /// How long a call waits for the database when nothing is loaded.
    std::chrono::milliseconds wait{30'000};
    /// Rows per second that the background audit compares with the tables; 0: none.
    std::int64_t audit_rows_per_s = 2000;
    /// Lines worth logging; may be empty. Any thread.
    std::function<void(const std::string&)> log;
    /// From the first load on, which connect() waits for. Whatever it uses must outlive the
    /// Inventory.
    OnChange on_change;
};

/// stockd inside a program: an exact copy of a database's stock, kept current by following its
/// change feed. All methods may be called from any thread; reads take no lock.
class Inventory {
  public:
    /// Connects, loads everything, and follows from then on. Errors: at once kInvalidArgument for a
    /// database_url that cannot be read, kPermissionDenied and kSchemaMismatch; else, when there is
    /// no copy within options.wait, what failed last, or kTimeout when nothing did.
    [[nodiscard]] static base::Result<std::unique_ptr<Inventory>> connect(InventoryOptions options);

    /// Stops.
    ~Inventory();
    Inventory(const Inventory&) = delete;
    Inventory& operator=(const Inventory&) = delete;
    Inventory(Inventory&&) = delete;
    Inventory& operator=(Inventory&&) = delete;

    /// Calls back from now on. Replaces an earlier one, also that of the options; an empty one ends
    /// it. Changes between connect() and this are not told: InventoryOptions::on_change misses
    /// none.
    void follow(OnChange on_change);

    /// Nothing: no such active product (or store). After clear() these wait for the reload; errors:
    /// kTimeout, kUnavailable.
    [[nodiscard]] base::Result<Fresh<std::optional<ProductInventory>>> get_inventory(
        std::string_view sku, std::optional<std::string_view> store = std::nullopt
    );
    /// By sku; unknown ones are left out. All of one published state.
    [[nodiscard]] base::Result<Fresh<std::map<std::string, ProductInventory>>> get_inventory_map(
        const std::vector<std::string>& skus
    );
    [[nodiscard]] base::Result<Fresh<std::map<std::string, ProductInventory>>> get_all_inventory();
    /// False also for an unknown product or store.
    [[nodiscard]] base::Result<Fresh<bool>> has_stock(
        std::string_view sku,
        std::int64_t quantity,
        base::Unit unit = base::Unit::kPiece,
        std::optional<std::string_view> store = std::nullopt
    );

    /// Waits until the copy holds what the transaction with this ticket (inventory.ticket()) wrote.
    [[nodiscard]] base::Result<void> wait_for_ticket(
        std::uint64_t ticket, std::chrono::milliseconds at_most
    );

    [[nodiscard]] CacheStats cache_stats() const;
    /// Reloads everything beside the old copy and waits for it; callers during one share it.
    [[nodiscard]] base::Result<RefreshReport> refresh();
    /// The copy becomes empty and is loaded again; reads wait for that. kUnavailable, and nothing
    /// is done, while the database is away.
    [[nodiscard]] base::Result<void> clear();
    void stop();

    /// The copy itself, for reads without copying (cache/cache.hpp).
    [[nodiscard]] const cache::Cache& cache() const noexcept;

  private:
    struct Impl;
    explicit Inventory(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace stockd
