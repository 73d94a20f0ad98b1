#pragma once

#include "pg/connection.hpp"
#include "source/follower.hpp"
#include "source/sink.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// What the tests of the follower share: a database of their own per test, a sink that is a plain
/// map, and waiting for a condition with a deadline.
namespace stockd::source::test {

using namespace std::chrono_literals;

/// Blocking connection whose statements must succeed.
class Db {
  public:
    explicit Db(const std::string& url);
    pg::Rows run(const std::string& sql, const std::vector<pg::Param>& params = {});
    std::string value(const std::string& sql, const std::vector<pg::Param>& params = {});

    pg::Connection& connection() { return connection_; }

  private:
    pg::Connection connection_;
};

/// A copy of the migrated database that STOCKD_TEST_DATABASE_URL names; dropped at the end.
class Database {
  public:
    Database();
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }

    /// stores S1.., products P1.. and a stock row for each pair, on hand 100.
    void seed(int stores, int products) const;
    /// Ends every session of this database but those of the tests themselves.
    void cut_followers(const std::string& which = "stockd%") const;

  private:
    std::string name_;
    std::string url_;
};

using Key = std::pair<std::int64_t, std::int64_t>;

struct Copy {
    std::map<Key, change::StockRow> stock;
    std::map<std::int64_t, change::ProductRow> products;
    std::map<std::int64_t, change::StoreRow> stores;
    change::Position position;
    bool loaded = false;
};

class MapSink : public Sink {
  public:
    change::LoadSink& begin_load() override;

    void prepare_load() override {
        if (preparing) {
            preparing();
        }
    }

    void finish_load(const change::Position& loaded_at, const change::ChangeSet& newer) override;
    void abandon_load() override;
    void apply(const change::ChangeSet& changes) override;
    void clear() override;
    std::vector<observe::DriftHealed> audit(const AuditSlice& slice) override;
    Counts counts() override;
    std::optional<std::string> sku_of(base::ProductId product) override;
    std::optional<std::string> store_code_of(base::StoreId store) override;

    // Any thread.
    [[nodiscard]] Copy copy() const;
    [[nodiscard]] std::int64_t on_hand(std::int64_t store, std::int64_t product) const;
    [[nodiscard]] int loads() const;

    /// Called on the follow thread after a load was published; set before the follower starts.
    std::function<void()> after_load;
    /// Called with the rows of a load, as they were read, before what came since is added.
    std::function<void(const Copy&)> as_read;
    /// Called where a load's copy is prepared.
    std::function<void()> preparing;
    /// The same before each row of a load.
    std::function<void()> during_load;

  private:
    struct Rows : change::LoadSink {
        void add_store(change::StoreRow row) override;
        void add_product(change::ProductRow row) override;
        void add_stock(const change::StockRow& row) override;
        Copy copy;
        std::function<void()> hook;
    };

    static void patch(Copy& copy, const change::ChangeSet& changes);

    mutable std::mutex mutex_;
    Copy copy_;
    std::unique_ptr<Rows> loading_;
    int loads_ = 0;
};

/// Holds its follower up in the middle of a batch, from freeze() to thaw() (or the sink's end).
class FreezingSink : public MapSink {
  public:
    void apply(const change::ChangeSet& changes) override;

    void freeze() { freeze_ = true; }

    [[nodiscard]] bool frozen() const { return frozen_; }

    void thaw() { thawed_ = true; }

  private:
    std::atomic<bool> freeze_{false};
    std::atomic<bool> frozen_{false};
    std::atomic<bool> thawed_{false};
};

/// The tables as they are now, as the copy should be.
[[nodiscard]] Copy tables(Db& db);
[[nodiscard]] bool same_rows(const Copy& a, const Copy& b);

[[nodiscard]] bool eventually(
    const std::function<bool()>& condition, std::chrono::milliseconds within = 10s
);

/// Fast settings for tests.
[[nodiscard]] SourceOptions options_for(const Database& database);

/// The same, but nothing but a notification wakes the follower.
[[nodiscard]] SourceOptions only_notifications(const Database& database);

/// A follower with its sink, started; collects observations.
struct Running {
    explicit Running(SourceOptions options, std::function<void(MapSink&)> prepare = {});
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Running(Running&&) = delete;
    Running& operator=(Running&&) = delete;
    [[nodiscard]] bool live() const;
    /// Live, relay, and with its canary seen.
    [[nodiscard]] bool becomes_relay() const;
    [[nodiscard]] bool becomes_live() const;

    template <class Kind>
    [[nodiscard]] std::vector<Kind> seen() const {
        const std::lock_guard lock{mutex};
        std::vector<Kind> found;
        for (const auto& observation : observations) {
            if (const auto* kind = std::get_if<Kind>(&observation)) {
                found.push_back(*kind);
            }
        }
        return found;
    }

    MapSink sink;
    mutable std::mutex mutex;
    std::vector<observe::Observation> observations;
    Follower follower;
};

/// Waits for a completion.
[[nodiscard]] base::Result<void> outcome_of(
    const std::function<void(Follower::Completion)>& call, std::chrono::milliseconds within = 10s
);

}  // namespace stockd::source::test
