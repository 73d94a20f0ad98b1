#include "source/beside.hpp"
#include "source/gaps.hpp"
#include "source/loop.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <pthread.h>

#include <utility>

namespace stockd::source {

namespace net = boost::asio;
using std::chrono::steady_clock;

namespace {

/// After a background load that failed; nobody waits for it.
constexpr milliseconds kLoadAgainAfter{10'000};

/// On the thread of `preparing_`.
net::awaitable<void> prepare(Sink* sink) {
    pthread_setname_np(pthread_self(), "prepare");
    sink->prepare_load();
    co_return;
}

}  // namespace

void Follower::Loop::start_load(observe::LoadReason reason) {
    load_ = std::make_shared<Load>(io_.get_executor(), reason);
    load_->rows = &sink_.begin_load();
    spawn_beside(load_, &Loop::read_tables, "the load ended with an exception");
}

Follower::Loop::Task<change::Position> Follower::Loop::read_tables(std::shared_ptr<Load> load) {
    if (load_ != load) {  // dropped before it began: what connects now would not hear of it
        co_return base::Error{base::ErrorCode::kUnavailable, "dropped", {}, {}, {}};
    }
    auto& r = load->connection;
    const auto deadline = steady_clock::now() + options_.load_timeout;
    auto opened = co_await open_beside(r, " load", load_settings(options_), deadline);
    if (!opened) {
        co_return opened.error();
    }
    // Before the transaction, because it may have a token to write.
    auto named = co_await r.exec_script(sql::kIncarnation, deadline);
    if (!named) {
        co_return named.error();
    }
    if (named->text(0, 0) != incarnation_) {
        co_return base::Error{
            base::ErrorCode::kForeignIncarnation,
            "the database became another incarnation before the load",
            {},
            {},
            {}};
    }
    auto begun = co_await r.exec_script(sql::kBeginRead, deadline);
    if (!begun) {
        co_return begun.error();
    }
    if constexpr (kLockedBeforeSnapshot) {
        auto locked = co_await r.exec_script(sql::kLockTables, deadline);
        if (!locked) {
            co_return locked.error();
        }
    }
    auto taken = co_await r.exec_script(sql::kPosition, deadline);
    if (!taken) {
        co_return taken.error();
    }
    auto position = change::parse_position(taken->text(0, 0));
    if (!position) {
        co_return position.error();
    }
    auto copied = co_await copy_tables(load);
    if (!copied) {
        co_return copied.error();
    }
    r.close();
    if constexpr (kPreparedAside) {
        co_await net::co_spawn(preparing_, prepare(&sink_), net::use_awaitable);
    } else {
        sink_.prepare_load();
    }
    co_return std::move(*position);
}

/// What came while the load ran. That may be much: it has the time of a load.
Follower::Loop::Task<change::ChangeSet> Follower::Loop::catch_up(change::Position from) {
    const auto deadline = steady_clock::now() + options_.load_timeout;
    auto more = co_await d_.exec_script(statement_limit(options_.load_timeout), deadline);
    if (!more) {
        co_return more.error();
    }
    auto newer = co_await read_feed(std::move(from), deadline);
    if (!newer && !is_locked_out(newer.error())) {
        co_return newer.error();
    }
    auto usual =
        co_await d_.exec_script(statement_limit(options_.statement_timeout), statement_deadline());
    if (!usual) {
        co_return usual.error();
    }
    co_return newer;
}

/// Catches up from the loaded position to now, and publishes both in one step.
Follower::Loop::Task<> Follower::Loop::finish_load() {
    // It stays the load that runs, for clear() and refresh() meanwhile, until what it read is
    // published.
    const auto load = load_;
    if (!load->outcome) {
        const auto error = load->outcome.error();
        load_failed(*load, error);
        if (!position_ || error.code == base::ErrorCode::kForeignIncarnation) {
            co_return error;
        }
        co_return base::Result<void>{};
    }
    const auto read_at = steady_clock::now();
    const auto& loaded_at = *load->outcome;
    auto newer = co_await catch_up(loaded_at);
    if (!newer && is_locked_out(newer.error())) {
        note_kept_out(newer.error());
        co_return base::Result<void>{};  // it stays over, and is due at once
    }
    if (!newer) {
        load_failed(*load, newer.error());
        co_return newer.error();
    }
    auto broadcast = compose(*newer);
    if (!loaded_) {
        // Before a reader can find it there, so that no answer from it is without an age.
        published_as_of(read_at);
        holding_.store(true, std::memory_order_release);
    }
    sink_.finish_load(loaded_at, *newer);
    load_ = nullptr;
    loaded_ = true;
    const bool first = !position_;
    if (first) {
        canary_.forget_last_seen();
    }
    note_canaries(*newer);
    position_ = newer->position;
    refreshed_at_ = steady_clock::now();
    audit_ = {};
    published_as_of(read_at);
    last_error_.clear();
    reload_reason_ = observe::LoadReason::kStart;
    if (!kListenBeforeLoad && first) {
        auto listening = co_await listen(sql::kChangesChannel);
        if (!listening) {
            co_return listening.error();
        }
    }
    const auto duration = steady_clock::now() - load->begun;
    observe_(observe::Loaded{
        load->reason,
        load->counts.products,
        load->counts.stores,
        load->counts.stock_rows,
        duration,
        {}});
    reset_backoff_if_proven();
    update_status([](FollowerStatus& status) { status.last_refresh = base::now_utc(); });
    set_state(State::kLive, first ? "loaded" : std::string{});
    waiters_.published(*position_);
    const LoadReport report{load->counts, std::chrono::duration_cast<milliseconds>(duration)};
    for (auto& refresher : std::exchange(refreshers_, {})) {
        refresher(report);
    }
    if (broadcast) {
        co_return co_await send(std::move(*broadcast));
    }
    co_return base::Result<void>{};
}

void Follower::Loop::load_failed(const Load& load, const base::Error& error) {
    load_ = nullptr;
    sink_.abandon_load();
    load_again_at_ = steady_clock::now() + kLoadAgainAfter;
    observe_(observe::LoadFailed{load.reason, error, {}});
    fail_refreshers(error);
}

/// The session is over: ends a load that still runs, and waits until it has ended.
net::awaitable<void> Follower::Loop::drop_load() {
    const auto load = std::exchange(load_, nullptr);
    if (!load) {
        co_return;
    }
    load->abort();
    co_await until_over(load->over);
    sink_.abandon_load();
}

}  // namespace stockd::source
