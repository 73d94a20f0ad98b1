#include "source/loop.hpp"

#include "source/beside.hpp"
#include "source/gaps.hpp"
#include "source/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pthread.h>

#include <array>
#include <exception>
#include <utility>

namespace stockd::source {

namespace net = boost::asio;
using net::awaitable;
using std::chrono::steady_clock;

namespace {

// Chosen: some round trips, and well below the second by which the web server outlasts a deadline.
constexpr milliseconds kTicketJudgedWithin{500};

std::string random_uuid(std::mt19937_64& random) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "00000000-0000-4000-8000-000000000000";
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '0') {
            text[i] = kDigits[random() & 0xfU];
        }
    }
    return text;
}

base::Error stopped() {
    return {base::ErrorCode::kUnavailable, "the follower is stopping", {}, {}, {}};
}

constexpr std::string_view kStatementTimedOut = "57014";
constexpr std::string_view kNotPermitted = "42501";

std::int64_t nanoseconds_of(base::SteadyTime time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::mt19937_64 seeded() {
    return std::mt19937_64{std::random_device{}()};
}

std::string new_instance_id() {
    auto random = seeded();
    return random_uuid(random);
}

}  // namespace

Follower::Loop::Loop(SourceOptions options, Sink& sink, observe::Observer observer)
    : options_(std::move(options)),
      sink_(sink),
      observe_(std::move(observer)),
      instance_id_(new_instance_id()),
      l_(io_.get_executor()),
      d_(io_.get_executor()),
      pause_timer_(io_),
      expiry_timer_(io_),
      backoff_(options_.backoff_min, options_.backoff_max, seeded()()),
      random_(seeded()),
      doorbell_(options_.backstop, options_.rings_per_s_max, options_.busy_pace),
      canary_(options_.canary_every, options_.canary_late_after),
      waiters_(options_.waiters_max) {
    status_.instance_id = instance_id_;
    // Under a lock D's statements are many short ones, between which L is not spoken to.
    d_.set_slow_hook(std::min(talk_every(), kTalkWhileWaiting), [this]() -> awaitable<void> {
        (void)co_await keep_l_alive();  // a broken L fails again, and says so, in the next duty
    });
}

Follower::Loop::~Loop() {
    try {
        stop();
    } catch (...) {
        std::terminate();  // a thread that cannot be joined must not outlive what it uses
    }
}

void Follower::Loop::start() {
    {
        const std::lock_guard lock{submit_mutex_};
        if (accepting_) {
            return;
        }
        accepting_ = true;
    }
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "follow");
        net::co_spawn(io_, run(), [](const std::exception_ptr& failure) {
            if (failure) {
                std::rethrow_exception(failure);  // a defect of this program: ends it
            }
        });
        io_.run();
        {
            const std::lock_guard lock{submit_mutex_};
            accepting_ = false;
        }
        // What was submitted before that is still answered, by the state of being stopped.
        io_.restart();
        io_.poll();
    });
}

void Follower::Loop::stop() {
    if (!thread_.joinable()) {
        return;
    }
    net::post(io_, [this] {
        stopping_ = true;
        pause_timer_.cancel();
        l_.abort();
        d_.abort();
        if (load_) {
            load_->abort();
        }
        if (months_) {
            months_->connection.abort();
        }
        if (chores_) {
            chores_->connection.abort();
        }
        if (folding_) {
            folding_->connection.abort();
        }
        if (analytics_) {
            analytics_->connection.abort();
        }
    });
    thread_.join();
}

bool Follower::Loop::submit(std::function<void()> work) {
    const std::lock_guard lock{submit_mutex_};
    if (!accepting_) {
        return false;
    }
    net::post(io_, std::move(work));
    return true;
}

awaitable<void> Follower::Loop::run() {
    while (!stopping_) {
        base::Error error;
        try {
            auto outcome = co_await session();
            error = outcome.error();
        } catch (const std::exception& exception) {
            observe_(observe::ExceptionCaught{"follow", exception.what(), {}});
            // It may have come in the middle of a batch: what the sink holds is of no position.
            position_.reset();
            reload_reason_ = observe::LoadReason::kFailure;
            error = {base::ErrorCode::kInternal, exception.what(), {}, {}, {}};
        }
        if (stopping_) {
            error = stopped();
        }
        co_await drop_beside(months_);
        co_await drop_beside(chores_);
        co_await drop_beside(folding_);
        co_await drop_beside(analytics_);
        co_await drop_load();
        sink_.abandon_load();  // an exception may have come between its beginning and ours
        add_hint(error);
        const auto time = stopping_ ? milliseconds{0} : backoff_.next();
        if (!stopping_) {
            observe_(observe::DatabaseFailed{std::string(during_), error, time});
        }
        leave_session(error);
        co_await pause(time);
    }
    waiters_.fail_all(stopped());
    expiry_timer_.cancel();
}

/// What to do about what an administrator has changed under a session that worked.
void Follower::Loop::add_hint(base::Error& error) {
    if (!error.hint.empty()) {
        return;
    }
    if (error.sqlstate == kNotPermitted) {
        error.hint =
            "stockd's login needs: GRANT inventory_daemon TO <login>. What that role may do, "
            "stockctl migrate grants.";
    } else if (error.sqlstate == "25006") {
        error.hint =
            "default_transaction_read_only is on for stockd's login, its database or the server; "
            "some hosters set it when the disk is nearly full.";
    }
}

void Follower::Loop::leave_session(const base::Error& error) {
    l_.close();
    d_.close();
    // DatabaseFailed has said all of it.
    const auto why = stopping_ ? error.message : std::string(during_) + " failed";
    if (std::exchange(relay_, false)) {
        observe_(observe::RelayLost{why});
    }
    if (error.code == base::ErrorCode::kPositionTooOld) {
        position_.reset();
        reload_reason_ = observe::LoadReason::kTooOld;
    } else if (error.code == base::ErrorCode::kForeignIncarnation) {
        position_.reset();
        reload_reason_ = observe::LoadReason::kIncarnation;
    }
    if (during_ == "drain" && error.sqlstate == kStatementTimedOut) {
        // The server is there, and there is more to read than it can in the time of a statement.
        // The next try would find even more.
        position_.reset();
        reload_reason_ = observe::LoadReason::kTooFar;
    }
    last_error_ = base::describe(error);
    failure_ = error;
    const bool is_schema = during_ == "schema" && !is_failure_of_link(error);
    away_reason_ = is_schema || error.sqlstate == kNotPermitted ? kAwaySchema : kAwayDatabase;
    update_status([&](FollowerStatus& status) {
        status.is_relay = false;
        status.last_error = last_error_;
        status.failure = error;
        status.reconnects += state_ == State::kLive || state_ == State::kLoading ? 1 : 0;
    });
    set_state(State::kDisconnected, why);
    fail_refreshers(error);
}

awaitable<void> Follower::Loop::pause(milliseconds time) {
    if (stopping_) {
        co_return;
    }
    pause_timer_.expires_after(time);
    boost::system::error_code ignored;
    co_await pause_timer_.async_wait(net::redirect_error(net::use_awaitable, ignored));
}

void Follower::Loop::set_state(State state, std::string reason) {
    if (state != state_) {
        observe_(observe::StateChanged{
            std::string(name_of(state_)), std::string(name_of(state)), std::move(reason), {}});
        state_ = state;
    }
    serving_.store(state_ == State::kLive && loaded_, std::memory_order_release);
    holding_.store(loaded_, std::memory_order_release);
    update_status([this](FollowerStatus& status) {
        status.state = state_;
        status.loaded = loaded_;
        status.incarnation = incarnation_;
        status_position_ = position_;
        status.not_ready.clear();
        if (stopping_) {
            status.not_ready.emplace_back("stopping");
        }
        if (state_ < State::kLoading) {
            status.not_ready.emplace_back(away_reason_);
        } else if (state_ == State::kLoading || !loaded_) {
            status.not_ready.emplace_back("loading");
        } else if (canary_.is_late()) {
            status.not_ready.emplace_back("canary_late");
        } else if (!canary_.is_proven()) {
            status.not_ready.emplace_back("canary_pending");
        }
    });
}

base::SteadyTime Follower::Loop::statement_deadline() const {
    // Later than the server's own limit, so that silence is told apart from a statement that is
    // too long.
    constexpr milliseconds kForItsAnswer{2000};
    return steady_clock::now() + options_.statement_timeout + kForItsAnswer;
}

/// What is published now holds everything that was committed at `when`.
void Follower::Loop::published_as_of(base::SteadyTime when) {
    read_at_ = when;
    kept_out_ = false;
    backstop_at_ = when + options_.backstop;
    fresh_at_ns_.store(nanoseconds_of(when), std::memory_order_release);
    heard(when);
}

/// A read of the feed failed: only because somebody has a table locked?
void Follower::Loop::note_kept_out(const base::Error& error) {
    if (!is_locked_out(error)) {
        return;
    }
    kept_out_ = true;
    constexpr std::chrono::minutes kSayAgain{1};
    if (const auto now = steady_clock::now(); now >= say_kept_out_at_) {
        say_kept_out_at_ = now + kSayAgain;
        observe_(observe::Message{
            observe::Level::kWarn,
            "a lock on a table of schema inventory keeps stockd from reading; it tries again until "
            "the lock is gone (pg_locks says whose it is)",
            {}});
    }
}

/// Whether a drain failed only because of that, before it had read anything. It is tried again at
/// once; its wait for the lock is the pause.
bool Follower::Loop::is_kept_out(const base::Error& error) const {
    return kept_out_ && is_locked_out(error);
}

/// The database answered what was asked then, and would have told us of anything new.
void Follower::Loop::heard(base::SteadyTime when) {
    heard_at_ns_.store(nanoseconds_of(when), std::memory_order_release);
}

/// What libpq says of a connection names hosts, ports and logins: the log has it, and anybody may
/// read this.
base::Error Follower::Loop::for_strangers(base::Error error) {
    if (error.sqlstate.empty() && is_failure_of_link(error)) {
        error.message = "the database cannot be reached";
        error.detail.clear();
    }
    return error;
}

base::Error Follower::Loop::database_away() const {
    if (stopping_) {
        return stopped();
    }
    if (is_silent()) {
        return {
            base::ErrorCode::kUnavailable,
            "the database does not answer",
            {},
            "A lock on a table of schema inventory, or a link that swallows everything, holds up "
            "stockd's session (pg_stat_activity: application_name like '% drain').",
            {}};
    }
    // What to do is said where everybody looks for it, and once.
    auto detail = for_strangers(failure_);
    detail.hint.clear();
    const bool is_schema = away_reason_ == kAwaySchema;
    return {
        base::ErrorCode::kUnavailable,
        is_schema ? "the database's schema cannot be used" : "the database is away",
        base::describe(detail),
        failure_.hint.empty() ? "The connection is tried again by itself, every few seconds."
                              : failure_.hint,
        {}};
}

Freshness Follower::Loop::freshness() const noexcept {
    const auto now = nanoseconds_of(steady_clock::now());
    std::optional<milliseconds> age;
    if (holding_.load(std::memory_order_acquire)) {
        age = std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds{
            now - fresh_at_ns_.load(std::memory_order_acquire)});
    }
    const std::chrono::nanoseconds silence{now - heard_at_ns_.load(std::memory_order_acquire)};
    const bool silent =
        kSilenceIsStale && options_.stale_after.count() > 0 && silence > options_.stale_after;
    return {!serving_.load(std::memory_order_acquire) || silent, age};
}

FollowerStatus Follower::Loop::status() const {
    FollowerStatus copy;
    std::optional<change::Position> position;
    {
        const std::lock_guard lock{status_mutex_};
        copy = status_;
        position = status_position_;
    }
    copy.position = position ? change::to_string(*position) : std::string{};
    // Connected, and no answer: nobody else can say so while the follow thread waits for it.
    if (copy.not_ready.empty() && freshness().stale) {
        copy.not_ready.emplace_back("no_answer");
    }
    return copy;
}

void Follower::Loop::wake() {
    l_.interrupt();
}

void Follower::Loop::arm_expiry() {
    const auto deadline = waiters_.next_deadline();
    if (deadline == base::SteadyTime::max()) {
        return;
    }
    expiry_timer_.expires_at(deadline);
    expiry_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            waiters_.expire(steady_clock::now());
            arm_expiry();
        }
    });
}

void Follower::Loop::wait_for_ticket(
    change::Xid ticket, base::SteadyTime deadline, Completion done
) {
    if (stopping_) {
        done(stopped());
        return;
    }
    if (position_ && loaded_ && state_ == State::kLive &&
        (!kTicketIsAwaited || position_->covers(ticket))) {
        done({});
        return;
    }
    const auto now = steady_clock::now();
    waiters_.add_ticket(
        ticket, deadline, now, std::move(done), is_away() ? now : now + kTicketJudgedWithin
    );
    arm_expiry();
    wake();
}

void Follower::Loop::wait_until(
    std::function<bool()> condition, std::string what, base::SteadyTime deadline, Completion done
) {
    if (stopping_) {
        done(stopped());
        return;
    }
    waiters_.add_condition(
        std::move(condition), std::move(what), deadline, steady_clock::now(), std::move(done)
    );
    arm_expiry();
    wake();
}

void Follower::Loop::wait_for_load(base::SteadyTime deadline, Completion done) {
    if (loaded_) {
        done({});
        return;
    }
    if (stopping_ || is_away()) {
        done(database_away());
        return;
    }
    if (!load_ && state_ == State::kLive) {
        start_load(observe::LoadReason::kCleared);
    }
    wait_until([this] { return loaded_; }, "the first load", deadline, std::move(done));
}

void Follower::Loop::refresh(std::function<void(base::Result<LoadReport>)> done) {
    if (stopping_ || is_away()) {
        done(database_away());
        return;
    }
    refreshers_.push_back(std::move(done));
    if (!load_ && state_ == State::kLive) {
        start_load(observe::LoadReason::kRequested);
        wake();
    }
}

void Follower::Loop::clear(const Completion& done) {
    // It would throw away the only copy that there is to give.
    if (stopping_ || is_away() || is_silent()) {
        done(database_away());
        return;
    }
    sink_.clear();
    loaded_ = false;
    load_again_at_ = {};
    set_state(state_, {});
    wake();  // duties() loads: who sends no reads to what is not ready must not wait for a read
    done({});
}

void Follower::Loop::fail_refreshers(const base::Error& error) {
    for (auto& refresher : std::exchange(refreshers_, {})) {
        refresher(for_strangers(error));
    }
}

}  // namespace stockd::source
