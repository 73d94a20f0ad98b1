#include "observe/observation.hpp"

#include <array>
#include <random>

namespace stockd::observe {

std::string new_correlation_id() {
    thread_local std::mt19937_64 generator{std::random_device{}()};
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string id(16, '0');
    auto bits = generator();
    for (auto& digit : id) {
        digit = kDigits[bits & 15U];
        bits >>= 4U;
    }
    return id;
}

std::string_view name_of(Level level) noexcept {
    switch (level) {
        case Level::kTrace:
            return "trace";
        case Level::kDebug:
            return "debug";
        case Level::kInfo:
            return "info";
        case Level::kWarn:
            return "warn";
        case Level::kError:
            return "error";
        case Level::kOff:
            return "off";
    }
    return "info";
}

std::string_view name_of(LoadReason reason) noexcept {
    switch (reason) {
        case LoadReason::kStart:
            return "start";
        case LoadReason::kIncarnation:
            return "incarnation";
        case LoadReason::kTooOld:
            return "position_too_old";
        case LoadReason::kTooFar:
            return "too_far_behind";
        case LoadReason::kRequested:
            return "requested";
        case LoadReason::kCleared:
            return "cleared";
        case LoadReason::kTtl:
            return "ttl";
        case LoadReason::kFailure:
            return "failure";
    }
    return "start";
}

std::string_view name_of(Wake by) noexcept {
    switch (by) {
        case Wake::kDoorbell:
            return "doorbell";
        case Wake::kBroadcast:
            return "broadcast";
        case Wake::kBackstop:
            return "backstop";
        case Wake::kLinger:
            return "linger";
        case Wake::kWaiter:
            return "waiter";
    }
    return "backstop";
}

std::string_view name_of(Route route) noexcept {
    switch (route) {
        case Route::kProduct:
            return "product";
        case Route::kProducts:
            return "products";
        case Route::kList:
            return "list";
        case Route::kHasStock:
            return "has_stock";
        case Route::kCacheStats:
            return "cache_stats";
        case Route::kCacheAction:
            return "cache_action";
        case Route::kView:
            return "view";
        case Route::kViewsRefresh:
            return "views_refresh";
        case Route::kLive:
            return "live";
        case Route::kReady:
            return "ready";
        case Route::kMetrics:
            return "metrics";
        case Route::kStatus:
            return "status";
        case Route::kOther:
            return "other";
    }
    return "other";
}

std::string_view name_of(ReadResult result) noexcept {
    switch (result) {
        case ReadResult::kHit:
            return "hit";
        case ReadResult::kMiss:
            return "miss";
        case ReadResult::kUnknown:
            return "unknown";
    }
    return "hit";
}

std::string_view name_of(WaitResult result) noexcept {
    switch (result) {
        case WaitResult::kCovered:
            return "covered";
        case WaitResult::kTimeout:
            return "timeout";
        case WaitResult::kFailed:
            return "failed";
    }
    return "failed";
}

}  // namespace stockd::observe
