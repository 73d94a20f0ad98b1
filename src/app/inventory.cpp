#include "app/inventory.hpp"

#include "app/cache_sink.hpp"
#include "app/schema_check.hpp"
#include "observe/log_line.hpp"
#include "pg/conninfo.hpp"
#include "source/follower.hpp"

#include <algorithm>
#include <exception>
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

/// One published state, and how fresh that was when it was looked at.
struct Seen {
    cache::Reading reading;
    source::Freshness freshness;
};

template <class T>
Fresh<T> fresh(T value, const Seen& seen) {
    return {
        std::move(value),
        seen.reading.state().position_hash,
        seen.freshness.age.value_or(std::chrono::milliseconds{0}),
        seen.freshness.stale};
}

/// What waiting does not mend.
bool is_final(base::ErrorCode code) {
    return code == base::ErrorCode::kSchemaMismatch || code == base::ErrorCode::kPermissionDenied ||
           code == base::ErrorCode::kInvalidArgument;
}

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
          report(observer()),
          on_change(options.on_change),
          sink(
              cache,
              [this](const change::ChangeSet* changes) { tell(changes); },
              [this](const change::ChangeSet& changes) { note_skus(changes.products, old_skus); }
          ),
          follower(source_options(), sink, report) {}

    [[nodiscard]] source::SourceOptions source_options() const;
    [[nodiscard]] observe::Observer observer() const;
    template <class Changes>
    void note_skus(const Changes& changes, std::vector<std::string>& skus) const;
    void tell(const change::ChangeSet* changes);
    void call(const InventoryChange& change) const;
    base::Result<void> wait_for_load(base::SteadyTime deadline);
    base::Result<Seen> read();

    InventoryOptions options;
    observe::Observer report;
    std::mutex telling;
    OnChange on_change;  // guarded by telling
    /// What the products that are about to change are called; the follow thread's.
    std::vector<std::string> old_skus;
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

template <class Changes>
void Inventory::Impl::note_skus(const Changes& changes, std::vector<std::string>& skus) const {
    for (const auto& change : changes) {
        if (const auto sku = cache.sku_of(change.product)) {
            skus.emplace_back(*sku);
        }
    }
}

void Inventory::Impl::tell(const change::ChangeSet* changes) {
    InventoryChange told;
    told.skus = std::exchange(old_skus, {});
    const std::lock_guard lock{telling};
    if (!on_change || (changes != nullptr && changes->empty())) {
        return;
    }
    if (changes == nullptr || !changes->stores.empty()) {
        call({true, {}});
        return;
    }
    note_skus(changes->stock, told.skus);
    note_skus(changes->products, told.skus);
    std::sort(told.skus.begin(), told.skus.end());
    told.skus.erase(std::unique(told.skus.begin(), told.skus.end()), told.skus.end());
    if (!told.skus.empty()) {
        call(told);
    }
}

/// What a callback throws is no failure of the following, which would load everything again.
void Inventory::Impl::call(const InventoryChange& change) const {
    const InCallback inside;
    try {
        on_change(change);
    } catch (const std::exception& exception) {
        report(observe::ExceptionCaught{"on_change", exception.what(), {}});
    } catch (...) {
        report(observe::ExceptionCaught{"on_change", "no std::exception", {}});
    }
}

base::Result<void> Inventory::Impl::wait_for_load(base::SteadyTime deadline) {
    if (t_in_callback) {
        return base::Error{base::ErrorCode::kUnavailable, "nothing is loaded", {}, {}, {}};
    }
    return wait_for<void>([&](auto done) { follower.wait_for_load(deadline, done); });
}

/// A state that holds something: after a wait, a clear() may have come in between.
base::Result<Seen> Inventory::Impl::read() {
    const auto deadline = std::chrono::steady_clock::now() + options.wait;
    while (true) {
        {
            // In this order: what was published in between is newer than we say.
            const auto freshness = follower.freshness();
            auto reading = cache.read();
            if (reading.state().loaded) {
                return Seen{std::move(reading), freshness};
            }
        }
        if (auto loaded = wait_for_load(deadline); !loaded) {
            return loaded.error();
        }
    }
}

Inventory::Inventory(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

Inventory::~Inventory() {
    stop();
}

base::Result<std::unique_ptr<Inventory>> Inventory::connect(InventoryOptions options) {
    constexpr std::chrono::milliseconds kLookEvery{100};
    if (const auto named = pg::parse_conninfo(options.database_url); !named) {
        return named.error();
    }
    std::unique_ptr<Inventory> made{new Inventory(std::make_unique<Impl>(std::move(options)))};
    auto& impl = *made->impl_;
    impl.follower.start();
    const auto deadline = std::chrono::steady_clock::now() + impl.options.wait;
    base::Error failure{
        base::ErrorCode::kTimeout, "The database could not be loaded in time.", {}, {}, {}};
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
        if (auto last = impl.follower.status().failure) {
            failure = std::move(*last);
        }
        if (is_final(failure.code) || std::chrono::steady_clock::now() >= deadline) {
            return failure;
        }
    }
}

void Inventory::follow(OnChange on_change) {
    const std::lock_guard lock{impl_->telling};
    impl_->on_change = std::move(on_change);
}

base::Result<Fresh<std::optional<ProductInventory>>> Inventory::get_inventory(
    std::string_view sku, std::optional<std::string_view> store
) {
    const auto seen = impl_->read();
    if (!seen) {
        return seen.error();
    }
    std::optional<ProductInventory> found;
    const auto product = seen->reading.find(sku);
    if (product && (!store || seen->reading.has_store(*store))) {
        found = to_inventory(*product, store);
    }
    return fresh(std::move(found), *seen);
}

base::Result<Fresh<std::map<std::string, ProductInventory>>> Inventory::get_inventory_map(
    const std::vector<std::string>& skus
) {
    const auto seen = impl_->read();
    if (!seen) {
        return seen.error();
    }
    std::map<std::string, ProductInventory> found;
    for (const auto& sku : skus) {
        if (const auto product = seen->reading.find(sku)) {
            found.emplace(sku, to_inventory(*product, std::nullopt));
        }
    }
    return fresh(std::move(found), *seen);
}

base::Result<Fresh<std::map<std::string, ProductInventory>>> Inventory::get_all_inventory() {
    constexpr std::size_t kPage = 1000;
    const auto seen = impl_->read();
    if (!seen) {
        return seen.error();
    }
    std::map<std::string, ProductInventory> all;
    std::string after;
    while (true) {
        const auto page = seen->reading.page(after, kPage);
        for (const auto& product : page) {
            all.emplace_hint(all.end(), product.sku(), to_inventory(product, std::nullopt));
        }
        if (page.size() < kPage) {
            return fresh(std::move(all), *seen);
        }
        after = page.back().sku();
    }
}

base::Result<Fresh<bool>> Inventory::has_stock(
    std::string_view sku,
    std::int64_t quantity,
    base::Unit unit,
    std::optional<std::string_view> store
) {
    const auto seen = impl_->read();
    if (!seen) {
        return seen.error();
    }
    const auto product = seen->reading.find(sku);
    const bool is_enough = product && (!store || seen->reading.has_store(*store)) &&
                           cache::has_stock(*product, quantity, unit, store);
    return fresh(is_enough, *seen);
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

base::Result<void> Inventory::clear() {
    return wait_for<void>([&](auto done) { impl_->follower.clear(done); });
}

void Inventory::stop() {
    impl_->follower.stop();
}

const cache::Cache& Inventory::cache() const noexcept {
    return impl_->cache;
}

}  // namespace stockd
