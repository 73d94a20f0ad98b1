#include "app/inventory.hpp"

#include "app/cache_sink.hpp"
#include "app/schema_check.hpp"
#include "observe/log_line.hpp"
#include "source/follower.hpp"

#include <algorithm>
#include <future>
#include <mutex>
#include <utility>

namespace stockd {

namespace {

StoreStock to_store_stock(const cache::StockView& row) {
    return {
        std::string(row.store_code),
        row.on_hand,
        row.reserved,
        row.available(),
        row.low_stock_threshold,
        row.version,
        row.updated_at};
}

ProductInventory to_inventory(
    const cache::ProductView& product, std::optional<std::string_view> store
) {
    ProductInventory made;
    made.product_id = product.sku();
    made.product_name = product.name();
    made.pieces_per_pack = product.packing().pieces_per_pack;
    made.packs_per_box = product.packing().packs_per_box;
    made.last_updated = product.updated_at();
    auto totals = product.totals();
    if (store) {
        totals = {};
        if (const auto row = product.stock_in(*store)) {
            totals = {row->on_hand, row->reserved};
            made.last_updated = row->updated_at;
            made.stores.push_back(to_store_stock(*row));
        }
    } else {
        for (std::size_t i = 0; i < product.stock_count(); ++i) {
            made.stores.push_back(to_store_stock(product.stock(i)));
        }
    }
    made.total_pieces = totals.on_hand;
    made.reserved_pieces = totals.reserved;
    made.available_total = totals.available();
    const auto broken_down = base::break_down(made.available_total, product.packing());
    made.available_boxes = broken_down.boxes;
    made.available_packs = broken_down.packs;
    made.available_pieces = broken_down.pieces;
    return made;
}

/// Set while this thread is inside a callback of follow(): it is the follow thread, and a wait for
/// it would never end.
thread_local bool t_in_callback = false;

class InCallback {
  public:
    InCallback() { t_in_callback = true; }

    ~InCallback() { t_in_callback = false; }

    InCallback(const InCallback&) = delete;
    InCallback& operator=(const InCallback&) = delete;
    InCallback(InCallback&&) = delete;
    InCallback& operator=(InCallback&&) = delete;
};

/// Runs an asynchronous call of the follower and waits for its completion, which comes exactly
/// once.
template <class Value, class Call>
base::Result<Value> wait_for(const Call& call) {
    auto promise = std::make_shared<std::promise<base::Result<Value>>>();
    auto future = promise->get_future();
    call([promise](base::Result<Value> result) { promise->set_value(std::move(result)); });
    return future.get();
}

}  // namespace

struct Inventory::Impl {
    explicit Impl(InventoryOptions given)
        : options(std::move(given)),
          sink(cache, [this](const change::ChangeSet* changes) { tell(changes); }),
          follower(source_options(), sink, observer()) {}

    [[nodiscard]] source::SourceOptions source_options() const;
    [[nodiscard]] observe::Observer observer() const;
    void tell(const change::ChangeSet* changes);
    base::Result<void> wait_for_load();

    /// Something is held: the reads of a call work on one published state.
    base::Result<cache::Reading> read() {
        auto reading = cache.read();
        if (!reading.state().loaded) {
            if (auto loaded = wait_for_load(); !loaded) {
                return loaded.error();
            }
            reading = cache.read();
        }
        return reading;
    }

    InventoryOptions options;
    std::mutex telling;
    OnChange on_change;  // guarded by telling
    cache::Cache cache;
    app::CacheSink sink;
    source::Follower follower;
};

source::SourceOptions Inventory::Impl::source_options() const {
    source::SourceOptions made;
    made.database_url = options.database_url;
    made.name = options.name;
    made.schema_check = app::schema_check();
    made.ttl = options.ttl;
    made.backstop = options.backstop;
    made.audit_rows_per_s = options.audit_rows_per_s;
    return made;
}

observe::Observer Inventory::Impl::observer() const {
    if (!options.log) {
        return {};
    }
    return observe::Observer{{[log = options.log](const observe::Observation& seen) {
        if (observe::level_of(seen) >= observe::Level::kInfo) {
            log(observe::format_line(
                observe::line_of(seen), observe::LogFormat::kText, base::now_utc()
            ));
        }
    }}};
}

void Inventory::Impl::tell(const change::ChangeSet* changes) {
    const std::lock_guard lock{telling};
    if (!on_change || (changes != nullptr && changes->empty())) {
        return;
    }
    const InCallback inside;
    InventoryChange told;
    if (changes == nullptr || !changes->stores.empty()) {
        told.is_everything = true;
        on_change(told);
        return;
    }
    const auto add = [&](base::ProductId product) {
        if (const auto sku = cache.sku_of(product)) {
            told.skus.emplace_back(*sku);
        }
    };
    for (const auto& row : changes->stock) {
        add(row.product);
    }
    for (const auto& row : changes->products) {
        add(row.product);
    }
    std::sort(told.skus.begin(), told.skus.end());
    told.skus.erase(std::unique(told.skus.begin(), told.skus.end()), told.skus.end());
    if (!told.skus.empty()) {
        on_change(told);
    }
}

base::Result<void> Inventory::Impl::wait_for_load() {
    if (t_in_callback) {
        return base::Error{base::ErrorCode::kUnavailable, "nothing is loaded", {}, {}, {}};
    }
    const auto deadline = std::chrono::steady_clock::now() + options.wait;
    return wait_for<void>([&](auto done) { follower.wait_for_load(deadline, done); });
}

Inventory::Inventory(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

Inventory::~Inventory() {
    stop();
}

base::Result<std::unique_ptr<Inventory>> Inventory::connect(InventoryOptions options) {
    constexpr std::chrono::milliseconds kLookEvery{100};
    std::unique_ptr<Inventory> made{new Inventory(std::make_unique<Impl>(std::move(options)))};
    auto& impl = *made->impl_;
    impl.follower.start();
    const auto deadline = std::chrono::steady_clock::now() + impl.options.wait;
    while (true) {
        const auto look_again = std::min(deadline, std::chrono::steady_clock::now() + kLookEvery);
        const auto loaded = wait_for<void>([&](auto done) {
            impl.follower.wait_until(
                [&impl] { return impl.cache.read().state().loaded; },
                "the first load",
                look_again,
                done
            );
        });
        if (loaded) {
            return made;
        }
        const auto status = impl.follower.status();
        const auto& reasons = status.not_ready;
        const bool is_schema = std::find(reasons.begin(), reasons.end(), "schema") != reasons.end();
        // A schema does not mend itself while somebody waits for connect(); a database may.
        if (is_schema || std::chrono::steady_clock::now() >= deadline) {
            return base::Error{
                is_schema ? base::ErrorCode::kSchemaMismatch : base::ErrorCode::kTimeout,
                is_schema ? "The database's schema is not one that this program works with."
                          : "The database could not be loaded in time.",
                status.last_error,
                {},
                {}};
        }
    }
}

void Inventory::follow(OnChange on_change) {
    const std::lock_guard lock{impl_->telling};
    impl_->on_change = std::move(on_change);
}

base::Result<std::optional<ProductInventory>> Inventory::get_inventory(
    std::string_view sku, std::optional<std::string_view> store
) {
    const auto reading = impl_->read();
    if (!reading) {
        return reading.error();
    }
    const auto product = reading->find(sku);
    if (!product || (store && !reading->has_store(*store))) {
        return std::optional<ProductInventory>{};
    }
    return std::optional{to_inventory(*product, store)};
}

base::Result<std::map<std::string, ProductInventory>> Inventory::get_inventory_map(
    const std::vector<std::string>& skus
) {
    const auto reading = impl_->read();
    if (!reading) {
        return reading.error();
    }
    std::map<std::string, ProductInventory> found;
    for (const auto& sku : skus) {
        if (const auto product = reading->find(sku)) {
            found.emplace(sku, to_inventory(*product, std::nullopt));
        }
    }
    return found;
}

base::Result<std::map<std::string, ProductInventory>> Inventory::get_all_inventory() {
    constexpr std::size_t kPage = 1000;
    const auto reading = impl_->read();
    if (!reading) {
        return reading.error();
    }
    std::map<std::string, ProductInventory> all;
    std::string after;
    while (true) {
        const auto page = reading->page(after, kPage);
        for (const auto& product : page) {
            all.emplace_hint(all.end(), product.sku(), to_inventory(product, std::nullopt));
        }
        if (page.size() < kPage) {
            return all;
        }
        after = page.back().sku();
    }
}

base::Result<bool> Inventory::has_stock(
    std::string_view sku,
    std::int64_t quantity,
    base::Unit unit,
    std::optional<std::string_view> store
) {
    const auto reading = impl_->read();
    if (!reading) {
        return reading.error();
    }
    const auto product = reading->find(sku);
    return product && (!store || reading->has_store(*store)) &&
           cache::has_stock(*product, quantity, unit, store);
}

base::Result<void> Inventory::wait_for_ticket(
    std::uint64_t ticket, std::chrono::milliseconds at_most
) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    return wait_for<void>([&](auto done) {
        impl_->follower.wait_for_ticket(change::Xid{ticket}, deadline, done);
    });
}

CacheStats Inventory::cache_stats() const {
    CacheStats stats;
    const auto status = impl_->follower.status();
    const auto freshness = impl_->follower.freshness();
    const auto reading = impl_->cache.read();
    stats.is_cached = reading.state().loaded;
    stats.product_count = static_cast<std::int64_t>(reading.product_count());
    stats.position = reading.state().position_hash;
    stats.last_refresh = status.last_refresh;
    if (status.last_refresh) {
        const auto age_us = base::now_utc().unix_us - status.last_refresh->unix_us;
        stats.cache_age = std::chrono::milliseconds{std::max<std::int64_t>(0, age_us / 1000)};
    }
    stats.is_stale = freshness.stale;
    stats.data_age = freshness.age;
    stats.drift = status.drift;
    return stats;
}

base::Result<RefreshReport> Inventory::refresh() {
    auto loaded = wait_for<source::LoadReport>([&](auto done) { impl_->follower.refresh(done); });
    if (!loaded) {
        return loaded.error();
    }
    return RefreshReport{loaded->counts.products, loaded->duration};
}

void Inventory::clear() {
    (void)wait_for<void>([&](auto done) { impl_->follower.clear(done); });
}

void Inventory::stop() {
    impl_->follower.stop();
}

const cache::Cache& Inventory::cache() const noexcept {
    return impl_->cache;
}

}  // namespace stockd
