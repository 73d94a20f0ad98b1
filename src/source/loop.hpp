#pragma once

#include "pg/async_connection.hpp"
#include "source/backoff.hpp"
#include "source/broadcast.hpp"
#include "source/canary.hpp"
#include "source/doorbell.hpp"
#include "source/follower.hpp"
#include "source/waiters.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

namespace stockd::source {

/// A full load on a connection of its own, beside the drains.
struct Load {
    Load(const boost::asio::any_io_executor& executor, observe::LoadReason why)
        : connection(executor),
          second(executor),
          reason(why) {}

    void abort() {
        connection.abort();
        second.abort();
    }

    pg::AsyncConnection connection;
    /// Reads a part of a large stock table, in the snapshot of the other; else not open.
    pg::AsyncConnection second;
    observe::LoadReason reason;
    base::SteadyTime begun = std::chrono::steady_clock::now();
    change::LoadSink* rows = nullptr;
    /// The position that the loaded rows are of; set with `over`.
    base::Result<change::Position> outcome = change::Position{};
    Counts counts;
    bool over = false;
};

/// The ledger's months being made, on a connection of its own: whatever becomes of it, the session
/// goes on.
struct Months {
    explicit Months(const boost::asio::any_io_executor& executor)
        : connection(executor) {}

    pg::AsyncConnection connection;
    /// The names of those that were made; set with `over`.
    base::Result<std::vector<std::string>> outcome = std::vector<std::string>{};
    bool over = false;
};

/// What the relay does for the database every now and then, on a connection of its own: lets holds
/// expire, syncs what tills queued and lets old keys go. Whatever becomes of it, the session goes
/// on.
struct Chores {
    explicit Chores(const boost::asio::any_io_executor& executor)
        : connection(executor) {}

    pg::AsyncConnection connection;
    base::SteadyTime expire_at{};
    base::SteadyTime sync_at{};
    base::SteadyTime prune_at{};
    /// Those whose queues are to be synced in this round.
    std::deque<std::string> stores;
    /// Transactions per statement: more until that takes too long.
    std::int64_t sync_at_most = 1;
    /// Why it ended; set with `over`.
    base::Result<void> outcome;
    bool over = false;
};

/// The views being folded by the relay, on a connection of its own. Whatever becomes of it, the
/// session goes on.
struct Folding {
    explicit Folding(const boost::asio::any_io_executor& executor)
        : connection(executor) {}

    pg::AsyncConnection connection;
    /// The earliest next fold; without news, not before idle_at.
    base::SteadyTime fold_at{};
    base::SteadyTime idle_at{};
    /// Somebody asked for a rebuild, which is not done again before rebuild_at.
    bool rebuild = false;
    base::SteadyTime rebuild_at{};
    /// Why it ended; set with `over`.
    base::Result<void> outcome;
    bool over = false;
};

/// The views' analytics being worked out by the relay, on a connection opened for it: in a big shop
/// the walk over all stock takes seconds, and neither folds nor the session wait for it.
struct Analytics {
    explicit Analytics(const boost::asio::any_io_executor& executor)
        : connection(executor) {}

    pg::AsyncConnection connection;
    /// How long it took; set with `over`.
    base::Result<base::SteadyTime::duration> outcome = base::SteadyTime::duration{};
    bool over = false;
};

/// The follower's inside: the follow thread and what it does. Members without a comment on threads
/// belong to that thread.
///
/// Two connections: L listens and owns the advisory locks, and is never in a transaction; D drains,
/// audits and writes canaries. One coroutine uses both, so that whatever is decided is decided in
/// one place, in one order.
class Follower::Loop {
  public:
    Loop(SourceOptions options, Sink& sink, observe::Observer observer);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    Loop(Loop&&) = delete;
    Loop& operator=(Loop&&) = delete;

    // Any thread.
    void start();
    void stop();
    [[nodiscard]] Freshness freshness() const noexcept;
    [[nodiscard]] FollowerStatus status() const;
    /// Runs `work` on the follow thread; false when that does not run.
    [[nodiscard]] bool submit(std::function<void()> work);

    // Follow thread.
    void wait_for_ticket(change::Xid ticket, base::SteadyTime deadline, Completion done);
    void wait_until(
        std::function<bool()> condition,
        std::string what,
        base::SteadyTime deadline,
        Completion done
    );
    void wait_for_load(base::SteadyTime deadline, Completion done);
    void refresh(std::function<void(base::Result<LoadReport>)> done);
    void clear(const Completion& done);

    void set_paces(const Paces& paces) {
        options_.canary_every = paces.canary_every;
        options_.ttl = paces.ttl;
        options_.audit_rows_per_s = paces.audit_rows_per_s;
        options_.expire_every = paces.expire_every;
        options_.sync_every = paces.sync_every;
        options_.prune_every = paces.prune_every;
        options_.fold_every = paces.fold_every;
        options_.analytics_every = paces.analytics_every;
        canary_.set_every(paces.canary_every);
        waiters_.set_limit(paces.waiters_max);
    }

  private:
    template <class T = void>
    using Task = boost::asio::awaitable<base::Result<T>>;

    // loop.cpp: the states.
    boost::asio::awaitable<void> run();
    Task<> session();
    void leave_session(const base::Error& error);
    void reset_backoff_if_proven();
    static void add_hint(base::Error& error);
    boost::asio::awaitable<void> pause(milliseconds time);
    void set_state(State state, std::string reason);
    void fail_refreshers(const base::Error& error);
    void arm_expiry();
    void wake();

    [[nodiscard]] bool is_away() const noexcept {
        return state_ < State::kLoading && !last_error_.empty();
    }

    /// Connected, and no answer for long: nobody knows what became of the database.
    [[nodiscard]] bool is_silent() const noexcept {
        return serving_.load(std::memory_order_relaxed) && freshness().stale;
    }

    [[nodiscard]] base::Error database_away() const;
    [[nodiscard]] static base::Error for_strangers(base::Error error);
    void note_kept_out(const base::Error& error);
    [[nodiscard]] bool is_kept_out(const base::Error& error) const;
    [[nodiscard]] base::SteadyTime statement_deadline() const;
    void published_as_of(base::SteadyTime when);
    void heard(base::SteadyTime when);
    template <class Change>
    void update_status(const Change& change);

    // session.cpp: what a session begins with.
    Task<> open_session();
    Task<> check_server();
    Task<> check_schema();
    Task<> listen(std::string channel);
    Task<bool> may_resume();
    [[nodiscard]] milliseconds talk_every() const;
    /// One statement on L, so that the server does not take it for dead.
    Task<> keep_l_alive();

    // follow.cpp: live.
    Task<> follow();
    Task<> duties();
    [[nodiscard]] base::SteadyTime next_duty() const;
    [[nodiscard]] base::SteadyTime reload_due() const;
    Task<> step();
    Task<> rest(base::SteadyTime until);
    void take_notifications();
    Task<> try_lock_doorbell();
    Task<> unlock_and_drain();
    /// Before any other statement on L: gets the answer to an unlock that was sent ahead.
    Task<> finish_unlock();
    Task<> stand_for_relay();
    Task<> end_silent_relay();
    Task<> write_canary();

    // drain.cpp: from the feed into the sink, and on to the others.
    Task<change::ChangeSet> read_feed(change::Position from, base::SteadyTime deadline);
    Task<change::ChangeSet> catch_up(change::Position from);
    Task<bool> drain();
    Task<> publish(
        change::ChangeSet changes, base::SteadyTime read_at, bool position_matters = false
    );
    void note_canaries(const change::ChangeSet& changes);
    [[nodiscard]] std::optional<Broadcast> compose(const change::ChangeSet& changes);
    Task<> send(Broadcast broadcast);
    Task<> settle_doubtful_tickets();

    // beside.hpp: what runs beside the feed, on a connection of its own.
    /// Runs `task` with `work`, whose outcome is what the task gives, or an error saying `failed`
    /// when it ended with an exception; then `work` is over.
    template <class Work, class Outcome>
    void spawn_beside(
        std::shared_ptr<Work> work,
        Task<Outcome> (Loop::*task)(std::shared_ptr<Work>),
        const char* failed
    );
    template <class Work, class Outcome>
    boost::asio::awaitable<void> run_beside(
        std::shared_ptr<Work> work, Task<Outcome> (Loop::*task)(std::shared_ptr<Work>)
    );
    /// Connects under this stockd's name and `what`, and sets the session.
    Task<> open_beside(
        pg::AsyncConnection& connection,
        std::string what,
        std::string settings,
        base::SteadyTime deadline
    );
    /// The session is over: ends what runs with `held`, if anything does, and forgets it.
    template <class Work>
    boost::asio::awaitable<void> drop_beside(std::shared_ptr<Work>& held);
    /// Until a coroutine beside this one has set its `over`.
    boost::asio::awaitable<void> until_over(const bool& over);

    // load.cpp
    void start_load(observe::LoadReason reason);
    Task<change::Position> read_tables(std::shared_ptr<Load> load);
    Task<> finish_load();
    void load_failed(const Load& load, const base::Error& error);
    boost::asio::awaitable<void> drop_load();

    // load_tables.cpp
    struct LoadedTable;
    Task<> copy_tables(std::shared_ptr<Load> load);
    Task<> copy_table(
        std::shared_ptr<Load> load,
        pg::AsyncConnection& connection,
        LoadedTable table,
        std::string statement,
        base::SteadyTime deadline
    );
    Task<std::int64_t> part_stock(std::shared_ptr<Load> load, base::SteadyTime deadline);
    Task<> open_second(std::shared_ptr<Load> load, std::string snapshot);

    // months.cpp
    void start_months();
    Task<std::vector<std::string>> make_months(std::shared_ptr<Months> months);
    void finish_months();
    [[nodiscard]] base::SteadyTime months_due() const;

    // chores.cpp
    void start_chores();
    Task<> do_chores(std::shared_ptr<Chores> chores);
    [[nodiscard]] base::SteadyTime expiry_due(const Chores& chores) const;
    [[nodiscard]] base::SteadyTime sync_due(const Chores& chores) const;
    [[nodiscard]] base::SteadyTime prune_due(const Chores& chores) const;
    Task<> expire_holds(Chores& chores);
    Task<> prune_keys(Chores& chores);
    Task<> find_queues(Chores& chores);
    Task<> sync_queue(Chores& chores);
    [[nodiscard]] base::Result<void> chore_failed(
        const char* chore, const base::Error& error, milliseconds next, bool& failed
    );
    void finish_chores();
    [[nodiscard]] base::SteadyTime chores_due() const;

    // fold.cpp
    void start_folding();
    void note_unfolded();
    Task<> fold(std::shared_ptr<Folding> folding);
    [[nodiscard]] base::SteadyTime fold_due(const Folding& folding) const;
    Task<> fold_once(Folding& folding);
    void finish_folding();
    [[nodiscard]] base::SteadyTime folding_due() const;
    Task<> measure_views();
    [[nodiscard]] base::SteadyTime measuring_due() const;

    // analytics.cpp
    void start_analytics();
    Task<base::SteadyTime::duration> fold_analytics(std::shared_ptr<Analytics> analytics);
    void finish_analytics();
    [[nodiscard]] base::SteadyTime analytics_due() const;

    // audit.cpp
    Task<> audit_slice();
    Task<change::ChangeSet> read_slice(AuditSlice* slice);
    void judge_slice(const AuditSlice& slice);
    [[nodiscard]] base::SteadyTime audit_due() const;
    [[nodiscard]] std::int64_t products_per_slice();

    SourceOptions options_;  ///< paces change on the follow thread
    Sink& sink_;
    const observe::Observer observe_;
    const std::string instance_id_;

    boost::asio::io_context io_{1};
    /// What a load needs much time for and the feed must not wait for.
    boost::asio::thread_pool preparing_{1};
    std::thread thread_;
    pg::AsyncConnection l_;
    pg::AsyncConnection d_;
    boost::asio::steady_timer pause_timer_;
    boost::asio::steady_timer expiry_timer_;

    State state_ = State::kDisconnected;
    bool stopping_ = false;
    std::string last_error_;
    base::Error failure_;  ///< what last_error_ describes
    static constexpr std::string_view kAwayDatabase = "database_away";
    static constexpr std::string_view kAwaySchema = "schema";
    std::string_view away_reason_ = kAwayDatabase;
    /// What was under way, for the report of a failure.
    std::string_view during_ = "connect";
    /// Which of the servers of the database URL is tried first: where the last session was.
    std::size_t server_ = 0;
    /// Told once, not at every reconnect.
    int warned_of_version_ = 0;
    bool warned_of_pooler_ = false;
    Backoff backoff_;
    /// A lock keeps D from reading: what is served grows old, whatever else the server answers.
    bool kept_out_ = false;
    base::SteadyTime say_kept_out_at_{};
    std::mt19937_64 random_;

    /// Of the session: which life of the database this is, and our backends' pids.
    std::string incarnation_;
    int l_pid_ = 0;
    int d_pid_ = 0;
    bool l_unlocking_ = false;

    /// How far the feed was read; nothing until the first load of an incarnation.
    std::optional<change::Position> position_;
    /// The sink holds a copy (possibly an old one).
    bool loaded_ = false;
    observe::LoadReason reload_reason_ = observe::LoadReason::kStart;
    std::shared_ptr<Load> load_;
    std::vector<std::function<void(base::Result<LoadReport>)>> refreshers_;
    base::SteadyTime refreshed_at_{};
    base::SteadyTime load_again_at_{};
    std::shared_ptr<Months> months_;
    base::SteadyTime months_at_{};
    bool months_failed_ = false;
    std::shared_ptr<Chores> chores_;
    base::SteadyTime chores_at_{};
    /// Said already: that there is no connection for chores, that holds, queues, keys are refused.
    bool chores_failed_ = false;
    bool expiry_failed_ = false;
    bool sync_failed_ = false;
    bool prune_failed_ = false;
    std::shared_ptr<Folding> folding_;
    base::SteadyTime folding_at_{};
    /// Something was read that the views may not have.
    bool unfolded_ = false;
    /// When the views' age is measured next.
    base::SteadyTime measuring_at_{};
    bool measuring_failed_ = false;
    /// Said already: that there is no connection for folding, that folding failed.
    bool folding_failed_ = false;
    bool fold_failed_ = false;
    std::shared_ptr<Analytics> analytics_;
    base::SteadyTime analytics_at_ = base::SteadyTime::max();
    bool analytics_wanted_ = false;  ///< with a rebuild that somebody asked for
    bool analytics_failed_ = false;

    bool relay_ = false;
    /// The backstop found what the relay should have told of.
    bool relay_suspect_ = false;
    /// When to drain for what the relay told of; max(): it told of nothing.
    base::SteadyTime changes_due_ = base::SteadyTime::max();
    base::SteadyTime read_at_{};
    base::SteadyTime backstop_at_{};
    base::SteadyTime election_at_{};
    Doorbell doorbell_;
    CanaryWatch canary_;
    Waiters waiters_;

    struct Audit {
        base::ProductId next{};
        base::SteadyTime slice_at{};
        base::SteadyTime pass_begun{};
        std::int64_t rows = 0;
        std::int64_t drifts = 0;
    } audit_;

    /// Steady time of the last drain's beginning, in nanoseconds; any thread reads.
    std::atomic<std::int64_t> fresh_at_ns_{0};
    /// The same, or later: of the last sign of life. A copy is stale when this is long ago.
    std::atomic<std::int64_t> heard_at_ns_{0};
    /// Live with a loaded copy; any thread reads.
    std::atomic<bool> serving_{false};
    /// Something is held, however old: loaded_ for other threads.
    std::atomic<bool> holding_{false};

    mutable std::mutex status_mutex_;
    // guarded by status_mutex_
    FollowerStatus status_;
    std::optional<change::Position> status_position_;

    mutable std::mutex submit_mutex_;
    // guarded by submit_mutex_
    bool accepting_ = false;
};

template <class Change>
void Follower::Loop::update_status(const Change& change) {
    const std::lock_guard lock{status_mutex_};
    change(status_);
}

}  // namespace stockd::source
