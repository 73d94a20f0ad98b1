#include "source/session.hpp"

#include "pg/session_settings.hpp"
#include "source/drain_rows.hpp"
#include "source/gaps.hpp"
#include "source/loop.hpp"
#include "source/statements.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

namespace {

constexpr int kMajorMin = 15;

struct RecommendedMinor {
    int major;
    int minor;
};

/// The minors of 2025-11-12: an error while notifications are read ends the session instead of
/// losing them silently, and LISTEN no longer fails after CLOG truncation.
constexpr std::array<RecommendedMinor, 4> kRecommended{{{15, 15}, {16, 11}, {17, 7}, {18, 1}}};

/// All drains queue behind who waits for the default partition's lock, so that is short; and while
/// what was caught there moves into its month, they wait for it, so that is stopped before copies
/// become stale. What takes longer is for a person, in a quiet hour; the log says so.
constexpr milliseconds kMonthsLockWait{100};
constexpr milliseconds kMonthsTime{2000};

/// Chores keep no row from writers for longer than this.
constexpr milliseconds kChoresTime{10'000};

std::string ms_text(milliseconds time) {
    return "'" + std::to_string(time.count()) + "ms'";
}

/// What all sessions have in common. Commits of ours (canary, broadcast) need not survive a crash.
std::string common_settings() {
    return pg::session_settings_script() + pg::short_lock_wait_script() +
           "set synchronous_commit = off; set jit = off; set client_min_messages = warning; set "
           "tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = "
           "3;";
}

std::uint64_t unsigned_of(std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

}  // namespace

std::int64_t number_at(const pg::Rows& rows, int column, int row) {
    const auto digits = rows.text(row, column);
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

std::string statement_limit(milliseconds time) {
    return "set statement_timeout = " + ms_text(time) + ";";
}

std::string d_settings(const SourceOptions& options) {
    return common_settings() + statement_limit(options.statement_timeout) +
           "set idle_in_transaction_session_timeout = " + ms_text(2 * options.statement_timeout);
}

std::string load_settings(const SourceOptions& options) {
    return common_settings() + statement_limit(options.load_timeout) +
           "set idle_in_transaction_session_timeout = " + ms_text(2 * options.statement_timeout);
}

std::string months_settings() {
    return common_settings() + "set lock_timeout = " + ms_text(kMonthsLockWait) + "; " +
           statement_limit(kMonthsTime);
}

std::string chores_settings() {
    // What these commit is the stock: it survives a crash as every other movement does.
    return common_settings() + "set synchronous_commit to default; " + statement_limit(kChoresTime);
}

std::string fold_settings(const SourceOptions& options) {
    // What is lost of these in a crash is folded again.
    return common_settings() + statement_limit(options.load_timeout);
}

bool is_locked_out(const base::Error& error) noexcept {
    return error.sqlstate == "55P03";
}

bool is_failure_of_link(const base::Error& error) noexcept {
    return error.code == base::ErrorCode::kUnavailable || error.code == base::ErrorCode::kTimeout;
}

milliseconds Follower::Loop::talk_every() const {
    constexpr milliseconds kLeast{250};
    return options_.backstop.count() > 0 ? std::clamp(options_.backstop, kLeast, kTalkAtLeastEvery)
                                         : kTalkAtLeastEvery;
}

Follower::Loop::Task<> Follower::Loop::session() {
    during_ = "connect";
    set_state(State::kConnecting, "attempt");
    auto opened = co_await open_session();
    if (!opened) {
        ++server_;  // it answered and does not serve: a standby, for one
        co_return opened.error();
    }
    set_state(State::kListening, "listening to " + std::string(sql::kChangesChannel));
    during_ = "resume";
    auto resumed = co_await may_resume();
    if (!resumed) {
        co_return resumed.error();
    }
    const auto now = steady_clock::now();
    doorbell_.restart();
    canary_.restart(now);
    changes_due_ = base::SteadyTime::max();
    l_unlocking_ = false;
    election_at_ = now;
    audit_ = {};
    if (*resumed) {
        during_ = "drain";
        auto drained = co_await drain();
        if (!drained) {
            co_return drained.error();
        }
        last_error_.clear();
        reset_backoff_if_proven();
        set_state(State::kLive, "resumed from " + change::short_hash(*position_));
    } else {
        position_.reset();
        set_state(State::kLoading, std::string(observe::name_of(reload_reason_)));
        start_load(reload_reason_);
    }
    update_status([](FollowerStatus& status) {
        status.last_error.clear();
        status.failure.reset();
    });
    co_return co_await follow();
}

/// A session whose login may read but not write gets as far as being live each time, and would load
/// everything again and again without a pause: what counts is a canary that came through.
void Follower::Loop::reset_backoff_if_proven() {
    if (canary_.is_proven()) {
        backoff_.reset();
    }
}

Follower::Loop::Task<> Follower::Loop::open_session() {
    const auto deadline = steady_clock::now() + options_.connect_timeout;
    auto l_connected =
        co_await l_.connect(options_.database_url, options_.name + " listen", deadline, server_);
    if (!l_connected) {
        co_return l_connected.error();
    }
    server_ = l_.server();
    auto d_connected =
        co_await d_.connect(options_.database_url, options_.name + " drain", deadline, server_);
    if (!d_connected) {
        co_return d_connected.error();
    }
    std::string l_settings =
        common_settings() + statement_limit(options_.statement_timeout) +
        // It locks no table. What a NOTIFY may wait for at its commit is other commits that notify,
        // and one that was given up would be told to nobody.
        "set lock_timeout = 0; set idle_session_timeout = " +
        ms_text(kSilentLosesLocks ? kTalksMissed * talk_every() : milliseconds{0}) +
        // While the server writes into a full socket it looks at no other time-out.
        "; set tcp_user_timeout = " + ms_text(kTalksMissed * talk_every());
    auto l_set = co_await l_.exec_script(std::move(l_settings), deadline);
    if (!l_set) {
        co_return l_set.error();
    }
    auto d_set = co_await d_.exec_script(d_settings(options_), deadline);
    if (!d_set) {
        co_return d_set.error();
    }
    auto checked = co_await check_server();
    if (!checked) {
        co_return checked.error();
    }
    if constexpr (kListenBeforeLoad) {
        during_ = "listen";
        auto listening = co_await listen(sql::kChangesChannel);
        if (!listening) {
            co_return listening.error();
        }
    }
    during_ = "schema";
    auto schema = co_await check_schema();
    if (!schema) {
        co_return schema.error();
    }
    during_ = "prepare";
    const std::array<std::pair<const char*, const char*>, 4> prepared{
        {{sql::kDrainName, sql::kDrain},
         {sql::kSliceStoresName, sql::kSliceStores},
         {sql::kSliceProductsName, sql::kSliceProducts},
         {sql::kSliceStockName, sql::kSliceStock}}};
    for (const auto& [name, text] : prepared) {
        auto made = co_await d_.prepare(name, text, statement_deadline());
        if (!made) {
            co_return made.error();
        }
    }
    co_return base::Result<void>{};
}

Follower::Loop::Task<> Follower::Loop::check_server() {
    during_ = "server check";
    const int version = PQserverVersion(l_.get());
    const int major = version / 10'000;
    const int minor = version % 10'000;
    if (major < kMajorMin) {
        co_return base::Error{
            base::ErrorCode::kSchemaMismatch,
            "PostgreSQL " + std::to_string(kMajorMin) + " or newer is needed",
            "The server is version " + std::to_string(major) + ".",
            {},
            {}};
    }
    for (const auto& recommended : kRecommended) {
        if (major == recommended.major && minor < recommended.minor &&
            std::exchange(warned_of_version_, version) != version) {
            observe_(observe::Message{
                observe::Level::kWarn,
                "PostgreSQL " + std::to_string(major) + "." + std::to_string(minor) +
                    " can lose notifications silently (a delay here, never a gap) and can refuse "
                    "LISTEN until somebody runs "
                    "select pg_notification_queue_usage(); update to " +
                    std::to_string(major) + "." + std::to_string(recommended.minor) + " or newer",
                {}});
        }
    }
    for (auto* side : {&l_, &d_}) {
        std::vector<pg::Param> none;
        auto rows = co_await side->exec(sql::kServer, std::move(none), statement_deadline());
        if (!rows) {
            co_return rows.error();
        }
        if (rows->boolean(0, 0)) {
            co_return base::Error{
                base::ErrorCode::kUnavailable,
                "the server is a standby",
                "The change feed can be read on the primary only.",
                "Connect to the primary (target_session_attrs=read-write).",
                {}};
        }
        const auto pid = static_cast<int>(rows->integer(0, 1));
        (side == &l_ ? l_pid_ : d_pid_) = pid;
        if (side == &l_ && pid != PQbackendPID(l_.get()) &&
            !std::exchange(warned_of_pooler_, true)) {
            observe_(observe::Message{
                observe::Level::kWarn,
                "the connection goes through a pooler; it must pool sessions, not transactions or "
                "statements",
                {}});
        }
    }
    co_return base::Result<void>{};
}

Follower::Loop::Task<> Follower::Loop::check_schema() {
    if (!options_.schema_check.sql.empty()) {
        std::vector<pg::Param> none;
        auto rows =
            co_await d_.exec(options_.schema_check.sql, std::move(none), statement_deadline());
        if (!rows && is_failure_of_link(rows.error())) {
            co_return rows.error();  // it says nothing of the schema
        }
        auto judged = options_.schema_check.judge(rows);
        if (!judged) {
            co_return judged.error();
        }
    }
    std::string first;
    for (auto* side : {&l_, &d_}) {
        std::vector<pg::Param> none;
        auto rows = co_await side->exec(sql::kIncarnation, std::move(none), statement_deadline());
        if (!rows) {
            co_return rows.error();
        }
        std::string found{rows->text(0, 0)};
        if (!first.empty() && found != first) {
            co_return base::Error{
                base::ErrorCode::kUnavailable,
                "two connections reached two different databases",
                {},
                "Name one primary in the database URL.",
                {}};
        }
        first = std::move(found);
    }
    if (!incarnation_.empty() && incarnation_ != first) {
        waiters_.fail_tickets(
            {base::ErrorCode::kForeignIncarnation,
             "the database became another incarnation",
             "Was " + incarnation_ + ", is " + first + ".",
             "A ticket from before a failover, restore or crash may be lost: read the row and "
             "decide anew.",
             {}}
        );
    }
    if (kIncarnationChecked && position_ && position_->incarnation != first) {
        position_.reset();
        reload_reason_ = observe::LoadReason::kIncarnation;
    }
    incarnation_ = std::move(first);
    co_return base::Result<void>{};
}

Follower::Loop::Task<> Follower::Loop::listen(std::string channel) {
    const std::string statement = "listen " + channel;
    auto listening = co_await l_.exec_script(statement, statement_deadline());
    if (!listening && listening.error().sqlstate == "58P01") {
        // The queue's tail points at a truncated commit log; asking for the usage moves it on.
        auto moved = co_await l_.exec_script(sql::kQueueUsage, statement_deadline());
        if (!moved) {
            co_return moved.error();
        }
        listening = co_await l_.exec_script(statement, statement_deadline());
    }
    if (!listening) {
        co_return listening.error();
    }
    co_return base::Result<void>{};
}

/// Whether the position that we hold is provably of this history of this database.
Follower::Loop::Task<bool> Follower::Loop::may_resume() {
    if (!position_) {
        co_return false;
    }
    if (kCanaryNonceChecked && !canary_.last_seen()) {
        reload_reason_ = observe::LoadReason::kIncarnation;
        co_return false;
    }
    pg::Param nonce;
    if (canary_.last_seen()) {
        nonce = format_uuid(*canary_.last_seen());
    }
    std::vector<pg::Param> params;
    params.push_back(std::move(nonce));
    auto rows = co_await d_.exec(sql::kResumeCheck, std::move(params), statement_deadline());
    if (!rows) {
        co_return rows.error();
    }
    const bool xids_went_back = unsigned_of(rows->text(0, 0)) < position_->snapshot.xmax;
    const bool canary_gone = kCanaryNonceChecked && !rows->boolean(0, 1);
    if (xids_went_back || canary_gone) {
        reload_reason_ = observe::LoadReason::kIncarnation;
        observe_(observe::Message{
            observe::Level::kWarn,
            xids_went_back
                ? "transaction ids went back: this is an older copy of the database"
                : "the last canary that came through is gone: this is another copy of the database",
            {}});
        co_return false;
    }
    co_return true;
}

Follower::Loop::Task<> Follower::Loop::keep_l_alive() {
    auto finished = co_await finish_unlock();
    if (!finished) {
        co_return finished.error();
    }
    std::vector<pg::Param> none;
    const auto deadline =
        steady_clock::now() + std::min(kAnswersWithin, options_.statement_timeout);
    auto answered = co_await l_.exec(sql::kStillHere, std::move(none), deadline);
    if (!answered) {
        co_return answered.error();
    }
    co_return base::Result<void>{};
}

}  // namespace stockd::source
