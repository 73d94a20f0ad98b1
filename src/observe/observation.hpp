#pragma once

#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Everything worth reporting, as small structs in one variant. Code says what happened through an
/// Observer and nothing else; the log and the metrics are two readers of that one stream.
namespace stockd::observe {

using Duration = std::chrono::nanoseconds;

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

/// What a person should read, where no struct below says it: started, listening, setting reread.
struct Message {
    Level level = Level::kInfo;
    std::string text;
    std::string correlation_id;
};

// The way from the database into memory.

/// The follower's state machine moved. Names as in the reference: disconnected, connecting,
/// listening, loading, live.
struct StateChanged {
    std::string from;
    std::string to;
    std::string reason;
    std::string correlation_id;
};

/// The database said no, or went away. `during` names the step ("drain", "load", "canary").
struct DatabaseFailed {
    std::string during;
    base::Error error;
    Duration retry_in{};
};

struct Drained {
    std::int64_t feed_rows = 0;
    std::int64_t stock_changes = 0;
    std::int64_t product_changes = 0;
    std::int64_t store_changes = 0;
    Duration duration{};
};

enum class LoadReason : std::uint8_t {
    kStart,
    kIncarnation,
    kTooOld,
    kTooFar,
    kRequested,
    kCleared,
    kTtl,
    kFailure
};

/// A full load was read and swapped in.
struct Loaded {
    LoadReason reason = LoadReason::kStart;
    std::int64_t products = 0;
    std::int64_t stores = 0;
    std::int64_t stock_rows = 0;
    Duration duration{};
    std::string correlation_id;
};

struct LoadFailed {
    LoadReason reason = LoadReason::kStart;
    base::Error error;
    std::string correlation_id;
};

/// The copy differed from the tables at one and the same position, and was mended. Both values as
/// text.
struct DriftHealed {
    std::string what;  ///< "stock", "product" or "store"
    std::string store;
    std::string product;
    std::string in_memory;
    std::string in_database;
};

struct AuditPassed {
    std::int64_t rows = 0;
    std::int64_t drifts = 0;
    Duration duration{};
};

/// The relay had the ledger's months made: the names of those that were missing.
struct LedgerMonthsMade {
    std::vector<std::string> names;
};

/// `again`: it failed the last time too, and that was said.
struct LedgerMonthsFailed {
    base::Error error;
    Duration retry_in{};
    bool again = false;
};

/// The relay let holds expire whose time was over.
struct HoldsExpired {
    std::int64_t holds = 0;
    Duration duration{};
};

/// The relay went through idempotency keys, or refusals, that are older than the offline window,
/// and let them go: so many of what there was more of.
struct KeysPruned {
    std::int64_t keys = 0;
    Duration duration{};
};

/// The relay synced what tills of a store had queued. `needs_approval`: that somebody must decide.
struct QueueSynced {
    std::string store;
    std::int64_t synced = 0;
    std::int64_t needs_approval = 0;
    Duration duration{};
};

/// The relay folded what changed into the views, or rebuilt them, and why (empty: did not).
struct ViewsFolded {
    std::int64_t rows = 0;
    std::int64_t events = 0;
    std::string rebuilt;
    Duration duration{};
};

/// The relay worked out the views' analytics anew.
struct AnalyticsFolded {
    Duration duration{};
};

/// How old the views were when the relay looked; null: not folded yet, or not known.
struct ViewsMeasured {
    struct View {
        std::string relation;
        std::optional<double> age_s;
        std::optional<std::int64_t> rows_waiting;
    };

    std::vector<View> views;
};

/// `chore`: expire, sync or connection; fold, analytics or folding (their connection); freshness
/// (measuring the views). `again`: it
/// failed the last time too, and that was said.
struct ChoreFailed {
    std::string chore;
    base::Error error;
    Duration retry_in{};
    bool again = false;
};

struct RelayTaken {
    std::string reason;
};

struct RelayLost {
    std::string reason;
};

/// One NOTIFY inventory_changes. `many`: too much to list, listeners ask the feed.
struct BroadcastSent {
    std::int64_t changes = 0;
    std::int64_t bytes = 0;
    bool many = false;
};

/// Why the reader woke up and drained.
enum class Wake : std::uint8_t { kDoorbell, kBroadcast, kBackstop, kLinger, kWaiter };

struct Woken {
    Wake by = Wake::kBackstop;
};

/// The relay was granted the doorbell's lock with nothing unread, and sleeps.
struct Parked {};

struct CanarySeen {
    Duration delay{};
};

/// A canary did not come through in time.
struct CanaryLate {
    Duration waited{};
};

// What people ask.

enum class Route : std::uint8_t {
    kProduct,
    kProducts,
    kList,
    kHasStock,
    kCacheStats,
    kCacheAction,
    kView,
    kViewsRefresh,
    kLive,
    kReady,
    kMetrics,
    kStatus,
    kOther,
};

/// One answer. On the hot path: no allocation to make one, and only a debug log looks at the texts.
struct RequestServed {
    Route route = Route::kOther;
    std::uint16_t status = 200;
    Duration duration{};
    std::string_view target;          ///< valid during the call only
    std::string_view correlation_id;  ///< valid during the call only
};

/// What a read of one product found. kMiss: the answer had to wait for the database. kUnknown: no
/// such product or store.
enum class ReadResult : std::uint8_t { kHit, kMiss, kUnknown };

struct ReadServed {
    ReadResult result = ReadResult::kHit;
};

/// A request or connection was cut off before it was answered in full: "header_too_large",
/// "timeout", "too_many", ...
struct RequestRefused {
    std::string reason;
    std::string correlation_id;
};

/// How a wait ended. kFailed: neither with what it waited for nor by its time: the ticket is from
/// the future, the database became another one, stockd stops.
enum class WaitResult : std::uint8_t { kCovered, kTimeout, kFailed };

/// A request with ?ticket= or ?min_version= waited.
struct WaitEnded {
    WaitResult result = WaitResult::kCovered;
    Duration duration{};
};

/// A boundary caught an exception; the work was given up.
struct ExceptionCaught {
    std::string where;
    std::string what;
    std::string correlation_id;
};

using Observation = std::variant<
    Message,
    StateChanged,
    DatabaseFailed,
    Drained,
    Loaded,
    LoadFailed,
    DriftHealed,
    AuditPassed,
    LedgerMonthsMade,
    LedgerMonthsFailed,
    HoldsExpired,
    KeysPruned,
    QueueSynced,
    ViewsFolded,
    AnalyticsFolded,
    ViewsMeasured,
    ChoreFailed,
    RelayTaken,
    RelayLost,
    BroadcastSent,
    Woken,
    Parked,
    CanarySeen,
    CanaryLate,
    RequestServed,
    ReadServed,
    RequestRefused,
    WaitEnded,
    ExceptionCaught>;

using Sink = std::function<void(const Observation&)>;

/// Where code says what it saw. Copyable and cheap to hold; without sinks it does nothing. Any
/// thread: sinks are given once, when it is made, and are thread-safe themselves.
class Observer {
  public:
    Observer() = default;

    explicit Observer(std::vector<Sink> sinks)
        : sinks_(std::move(sinks)) {}

    void operator()(const Observation& observation) const {
        for (const auto& sink : sinks_) {
            sink(observation);
        }
    }

  private:
    std::vector<Sink> sinks_;
};

/// 16 hex digits that tie together what one request or one operation reported.
[[nodiscard]] std::string new_correlation_id();

[[nodiscard]] std::string_view name_of(Level level) noexcept;
[[nodiscard]] std::string_view name_of(LoadReason reason) noexcept;
[[nodiscard]] std::string_view name_of(Wake by) noexcept;
[[nodiscard]] std::string_view name_of(Route route) noexcept;
[[nodiscard]] std::string_view name_of(ReadResult result) noexcept;
[[nodiscard]] std::string_view name_of(WaitResult result) noexcept;

}  // namespace stockd::observe
