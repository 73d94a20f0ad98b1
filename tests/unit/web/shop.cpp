#include "shop.hpp"

#include <algorithm>
#include <utility>

namespace stockd::web::test {

namespace {

constexpr base::StoreId kBerlin{1};
constexpr base::StoreId kHamburg{2};
constexpr base::StoreId kClosed{3};
constexpr base::ProductId kTea{1};

base::Error error_of(base::ErrorCode code, std::string message) {
    return {
        .code = code, .message = std::move(message), .detail = {}, .hint = "Wait.", .sqlstate = {}};
}

change::ProductRow product(std::int64_t id, std::string sku, std::string name) {
    return {
        .product = base::ProductId{id},
        .sku = std::move(sku),
        .name = std::move(name),
        .pieces_per_pack = 5,
        .packs_per_box = 10,
        .updated_at = kThen,
        .active = true,
    };
}

change::StockRow stock(
    base::StoreId store, std::int64_t id, std::int64_t on_hand, std::int64_t reserved
) {
    return {
        .store = store,
        .product = base::ProductId{id},
        .on_hand = on_hand,
        .reserved = reserved,
        .low_stock_threshold = 10,
        .version = 7,
        .updated_at = kThen,
        .allow_negative = false,
    };
}

}  // namespace

Shop::Shop()
    : tea_(stock(kBerlin, kTea.value, 120, 7)) {
    position_.incarnation = "00000000000000aa";
    position_.snapshot = {.xmin = next_xid_, .xmax = next_xid_, .xip = {}};
    load();
    thread_ = std::thread{[this] { run(); }};
}

Shop::~Shop() {
    {
        const std::lock_guard lock{mutex_};
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Shop::load() {
    auto loader = cache_.begin_load();
    loader->add_store({.store = kBerlin, .code = "BER-01", .name = "Berlin", .active = true});
    loader->add_store({.store = kHamburg, .code = "HAM-02", .name = "Hamburg", .active = true});
    loader->add_store({.store = kClosed, .code = "OLD-99", .name = "Closed", .active = false});
    loader->add_product(product(kTea.value, "TEA-1", "Green tea, 100 g"));
    loader->add_product(product(2, "NEG-1", "Sold on order"));
    loader->add_product(product(3, "NEW-1", "Not delivered yet"));
    loader->add_product(product(4, "cache", "A product with a reserved word"));
    loader->add_product(product(5, "a/b c,\"d\"\\\u00e9+%", "Tab\there \u2013 and \u0001"));
    constexpr std::int64_t kFirst = 1000;
    for (int i = 0; i < bulk_; ++i) {
        const auto digits = std::to_string(1'000'000 + i).substr(1);
        loader->add_product(
            product(kFirst + i, "BULK-" + digits, std::string(bulk_name_bytes_, 'n'))
        );
    }
    loader->add_stock(tea_);
    loader->add_stock(stock(kHamburg, kTea.value, 58, 0));
    loader->add_stock(stock(kClosed, kTea.value, 1000, 0));
    loader->add_stock(stock(kHamburg, 2, 3, 8));
    loader->add_stock(stock(kBerlin, 5, 1, 0));
    cache_.finish_load(std::move(loader), position_);
    ++loads_;
}

void Shop::add_bulk(int count, std::size_t name_bytes) {
    const std::lock_guard lock{mutex_};
    bulk_ = count;
    bulk_name_bytes_ = name_bytes;
    load();
}

change::Xid Shop::begin() {
    const std::lock_guard lock{mutex_};
    return next_xid_++;
}

change::Xid Shop::commit(std::int64_t on_hand) {
    const std::lock_guard lock{mutex_};
    tea_.on_hand = on_hand;
    ++tea_.version;
    has_unread_ = true;
    return next_xid_++;
}

void Shop::drain() {
    {
        const std::lock_guard lock{mutex_};
        drain_locked();
    }
    changed_.notify_all();
}

void Shop::drain_locked() {
    if (is_away_ || !has_unread_) {
        return;
    }
    has_unread_ = false;
    position_.snapshot = {.xmin = next_xid_, .xmax = next_xid_, .xip = {}};
    change::ChangeSet changes;
    changes.position = position_;
    changes.stock.push_back({.store = tea_.store, .product = tea_.product, .now = tea_});
    changes.feed_rows = 1;
    cache_.apply(changes);
}

void Shop::set_away(bool is_away) {
    const std::lock_guard lock{mutex_};
    is_away_ = is_away;
}

void Shop::set_ready(ReadyReport report) {
    const std::lock_guard lock{mutex_};
    ready_ = std::move(report);
}

void Shop::hold(bool is_held) {
    std::vector<std::function<void()>> held;
    {
        const std::lock_guard lock{mutex_};
        is_held_ = is_held;
        if (!is_held) {
            held.swap(held_);
        }
    }
    for (const auto& step : held) {
        step();
    }
    changed_.notify_all();
}

std::size_t Shop::waiters() {
    const std::lock_guard lock{mutex_};
    return waiters_.size() + held_.size();
}

std::int64_t Shop::loads() {
    const std::lock_guard lock{mutex_};
    return loads_;
}

Freshness Shop::freshness() const noexcept {
    const std::lock_guard lock{mutex_};
    return {.stale = is_away_, .age_ms = 3};
}

ReadyReport Shop::ready() const {
    const std::lock_guard lock{mutex_};
    return ready_;
}

FollowStatus Shop::status() const {
    const std::lock_guard lock{mutex_};
    FollowStatus status;
    status.state = is_away_ ? "disconnected" : "live";
    status.is_relay = true;
    status.incarnation = position_.incarnation;
    status.position = change::to_string(position_);
    status.last_refresh = kThen;
    status.drift = 2;
    return status;
}

void Shop::add_waiter(Waiter waiter) {
    {
        const std::lock_guard lock{mutex_};
        if (!is_held_) {
            drain_locked();
        }
        waiters_.push_back(std::move(waiter));
    }
    changed_.notify_all();
}

void Shop::wait_for_ticket(change::Xid ticket, base::SteadyTime deadline, Completion done) {
    {
        const std::lock_guard lock{mutex_};
        if (ticket >= next_xid_) {
            done(error_of(base::ErrorCode::kInvalidArgument, "Ticket from the future"));
            return;
        }
    }
    add_waiter({
        .is_met = [this,
                   ticket] { return !is_away_ && cache_.read().state().position.covers(ticket); },
        .what = "ticket " + std::to_string(ticket),
        .deadline = deadline,
        .done = std::move(done),
    });
}

void Shop::wait_for_version(
    std::string sku,
    std::string store,
    std::int64_t min_version,
    base::SteadyTime deadline,
    Completion done
) {
    std::string what = "version " + std::to_string(min_version) + " of " + sku + " in " + store;
    add_waiter({
        .is_met =
            [this, sku = std::move(sku), store = std::move(store), min_version] {
                const auto reading = cache_.read();
                const auto found = reading.find(sku);
                const auto row = found ? found->stock_in(store) : std::nullopt;
                return row && row->version >= min_version;
            },
        .what = std::move(what),
        .deadline = deadline,
        .done = std::move(done),
    });
}

void Shop::wait_for_load(base::SteadyTime deadline, Completion done) {
    {
        const std::lock_guard lock{mutex_};
        if (is_away_) {
            done(error_of(base::ErrorCode::kUnavailable, "The database is away"));
            return;
        }
        if (!is_held_) {
            load();
        }
    }
    add_waiter({
        .is_met = [this] { return cache_.read().state().loaded; },
        .what = "a reload",
        .deadline = deadline,
        .done = std::move(done),
    });
}

void Shop::refresh(std::function<void(base::Result<RefreshReport>)> done) {
    auto step = [this, done = std::move(done)] {
        {
            const std::lock_guard lock{mutex_};
            if (!is_away_) {
                load();
            }
        }
        if (freshness().stale) {
            done(error_of(base::ErrorCode::kUnavailable, "The database is away"));
        } else {
            done(RefreshReport{.products = 5, .duration = std::chrono::milliseconds{1}});
        }
    };
    std::unique_lock lock{mutex_};
    if (is_held_) {
        held_.emplace_back(std::move(step));
        return;
    }
    lock.unlock();
    step();
}

void Shop::clear(Completion done) {
    {
        const std::lock_guard lock{mutex_};
        cache_.clear();
    }
    done(base::Result<void>{});
}

void Shop::run() {
    std::unique_lock lock{mutex_};
    while (!is_ending_) {
        const auto now = std::chrono::steady_clock::now();
        auto wake_at = now + std::chrono::hours{1};
        std::vector<std::pair<Completion, base::Result<void>>> ended;
        std::erase_if(waiters_, [&](const Waiter& waiter) {
            if (!is_held_ && waiter.is_met()) {
                ended.emplace_back(waiter.done, base::Result<void>{});
                return true;
            }
            if (waiter.deadline <= now) {
                ended.emplace_back(
                    waiter.done, error_of(base::ErrorCode::kTimeout, "Waited for " + waiter.what)
                );
                return true;
            }
            wake_at = std::min(wake_at, waiter.deadline);
            return false;
        });
        if (ended.empty()) {
            changed_.wait_until(lock, wake_at);
            continue;
        }
        lock.unlock();
        for (const auto& [done, result] : ended) {
            done(result);
        }
        lock.lock();
    }
}

}  // namespace stockd::web::test
