#pragma once

#include "cache/cache.hpp"
#include "web/follow.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace stockd::web::test {

/// A few shops and products in a real cache, and a follower over a "database" in memory that the
/// test commits to.
///
/// Stores: BER-01, HAM-02, and OLD-99, which is closed. Products: TEA-1 (5 to a pack, 10 packs to a
/// box) with stock in all of them, NEG-1 sold below zero, NEW-1 without a stock row, "cache", and
/// one with an awkward code and name.
class Shop : public Follow {
  public:
    Shop();
    ~Shop() override;
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;
    Shop(Shop&&) = delete;
    Shop& operator=(Shop&&) = delete;

    cache::Cache& cache() { return cache_; }

    /// Loads `count` more products, BULK-000001 and so on, each with a name of `name_bytes`.
    void add_bulk(int count, std::size_t name_bytes);

    /// A transaction that sets TEA-1's stock in BER-01 commits: returns its ticket. The copy sees
    /// it when somebody waits for it or drain() is called.
    change::Xid commit(std::int64_t on_hand);
    /// The next ticket, of a transaction that is never committed.
    change::Xid begin();
    void drain();
    void set_away(bool is_away);
    void set_ready(ReadyReport report);
    /// While held, refresh(), clear() and waits do not end by themselves.
    void hold(bool is_held);
    [[nodiscard]] std::size_t waiters();
    [[nodiscard]] std::int64_t loads();

    [[nodiscard]] Freshness freshness() const noexcept override;
    [[nodiscard]] ReadyReport ready() const override;
    [[nodiscard]] FollowStatus status() const override;
    void wait_for_ticket(change::Xid ticket, base::SteadyTime deadline, Completion done) override;
    void wait_for_version(
        std::string sku,
        std::string store,
        std::int64_t min_version,
        base::SteadyTime deadline,
        Completion done
    ) override;
    void wait_for_load(base::SteadyTime deadline, Completion done) override;
    void refresh(std::function<void(base::Result<RefreshReport>)> done) override;
    void clear(Completion done) override;

  private:
    struct Waiter {
        std::function<bool()> is_met;
        std::string what;
        base::SteadyTime deadline;
        Completion done;
    };

    void add_waiter(Waiter waiter);
    void load();
    void drain_locked();
    void run();

    cache::Cache cache_;
    mutable std::mutex
        mutex_;  ///< guards everything below, and makes the callers one writer of the cache
    std::condition_variable changed_;
    std::vector<Waiter> waiters_;
    std::vector<std::function<void()>> held_;
    change::Position position_;
    change::Xid next_xid_ = 1000;
    change::StockRow tea_;
    int bulk_ = 0;
    std::size_t bulk_name_bytes_ = 0;
    bool has_unread_ = false;
    bool is_away_ = false;
    bool is_held_ = false;
    bool is_ending_ = false;
    std::int64_t loads_ = 0;
    ReadyReport ready_{.ready = true, .reasons = {}};
    std::thread thread_;
};

/// 2025-01-23T10:30:00.000Z, which all rows carry.
inline constexpr base::Timestamp kThen{1'737'628'200'000'000};

}  // namespace stockd::web::test
