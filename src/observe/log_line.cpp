#include "observe/log_line.hpp"

#include "base/secret.hpp"
#include "base/utf8.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <type_traits>

namespace stockd::observe {

namespace {

double to_ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

void add_error(LogLine& line, const base::Error& error) {
    line.fields.emplace_back("code", std::string(base::error_code_name(error.code)));
    if (!error.sqlstate.empty()) {
        line.fields.emplace_back("sqlstate", error.sqlstate);
    }
}

// One overload per observation: level, event name, message, fields.

LogLine line(const Message& seen) {
    return {"message", seen.text, {}, seen.correlation_id};
}

LogLine line(const StateChanged& seen) {
    auto text = fmt::format("{} -> {}", seen.from, seen.to);
    if (!seen.reason.empty()) {
        text += ": " + seen.reason;
    }
    return {"state_changed", text, {{"from", seen.from}, {"to", seen.to}}, seen.correlation_id};
}

LogLine line(const DatabaseFailed& seen) {
    auto text = fmt::format("{} failed: {}", seen.during, base::describe(seen.error));
    LogLine made{"database_failed", text, {{"during", seen.during}}, {}};
    add_error(made, seen.error);
    made.fields.emplace_back("retry_ms", to_ms(seen.retry_in));
    return made;
}

LogLine line(const Drained& seen) {
    return {
        "drained",
        fmt::format("drained {} feed rows in {:.3f} ms", seen.feed_rows, to_ms(seen.duration)),
        {{"feed_rows", seen.feed_rows},
         {"stock", seen.stock_changes},
         {"products", seen.product_changes},
         {"stores", seen.store_changes},
         {"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const Loaded& seen) {
    return {
        "loaded",
        fmt::format(
            "Cache refreshed in {:.0f}ms. {} products cached.", to_ms(seen.duration), seen.products
        ),
        {{"reason", std::string(name_of(seen.reason))},
         {"products", seen.products},
         {"stores", seen.stores},
         {"stock_rows", seen.stock_rows},
         {"duration_ms", to_ms(seen.duration)}},
        seen.correlation_id};
}

LogLine line(const LoadFailed& seen) {
    auto text = "Failed to refresh cache: " + base::describe(seen.error);
    LogLine made{
        "load_failed", text, {{"reason", std::string(name_of(seen.reason))}}, seen.correlation_id};
    add_error(made, seen.error);
    return made;
}

LogLine line(const DriftHealed& seen) {
    return {
        "drift_healed",
        fmt::format(
            "drift healed: {} {} {}: in memory {}, in the database {}",
            seen.what,
            seen.product,
            seen.store,
            seen.in_memory,
            seen.in_database
        ),
        {{"what", seen.what},
         {"store", seen.store},
         {"product", seen.product},
         {"in_memory", seen.in_memory},
         {"in_database", seen.in_database}},
        {}};
}

LogLine line(const AuditPassed& seen) {
    return {
        "audit_passed",
        fmt::format(
            "audited {} rows in {:.0f} ms, {} drifts", seen.rows, to_ms(seen.duration), seen.drifts
        ),
        {{"rows", seen.rows}, {"drifts", seen.drifts}, {"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const LedgerMonthsMade& seen) {
    if (seen.names.empty()) {
        return {"ledger_months_made", "the months of the ledger are there", {}, {}};
    }
    return {
        "ledger_months_made",
        fmt::format("made months of the ledger: {}", fmt::join(seen.names, ", ")),
        {{"months", static_cast<std::int64_t>(seen.names.size())}},
        {}};
}

LogLine line(const LedgerMonthsFailed& seen) {
    LogLine made{
        "ledger_months_failed",
        "cannot make the months of the ledger (movements go into its default partition meanwhile; "
        "select inventory.make_ledger_months() in a quiet hour, if this stays): " +
            base::describe(seen.error),
        {},
        {}};
    add_error(made, seen.error);
    made.fields.emplace_back("retry_ms", to_ms(seen.retry_in));
    return made;
}

LogLine line(const HoldsExpired& seen) {
    return {
        "holds_expired",
        fmt::format("let {} holds expire in {:.0f} ms", seen.holds, to_ms(seen.duration)),
        {{"holds", seen.holds}, {"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const KeysPruned& seen) {
    return {
        "keys_pruned",
        fmt::format("let {} old keys go in {:.0f} ms", seen.keys, to_ms(seen.duration)),
        {{"keys", seen.keys}, {"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const QueueSynced& seen) {
    return {
        "queue_synced",
        fmt::format(
            "synced {} queued transactions of {}, {} need approval",
            seen.synced,
            seen.store,
            seen.needs_approval
        ),
        {{"store", seen.store},
         {"synced", seen.synced},
         {"needs_approval", seen.needs_approval},
         {"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const ViewsFolded& seen) {
    const auto what =
        seen.rebuilt.empty() ? std::string("folded") : "rebuilt the views (" + seen.rebuilt + "):";
    return {
        "views_folded",
        fmt::format(
            "{} {} stock rows, {} low-stock events in {:.0f} ms",
            what,
            seen.rows,
            seen.events,
            to_ms(seen.duration)
        ),
        {{"rows", seen.rows},
         {"events", seen.events},
         {"rebuilt", seen.rebuilt},
         {"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const AnalyticsFolded& seen) {
    return {
        "analytics_folded",
        fmt::format("worked out the analytics in {:.0f} ms", to_ms(seen.duration)),
        {{"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const ViewsMeasured& seen) {
    LogLine made{"views_measured", "measured how old the views are", {}, {}};
    for (const auto& view : seen.views) {
        if (view.age_s) {
            made.fields.emplace_back(view.relation, *view.age_s);
        }
    }
    return made;
}

LogLine line(const ChoreFailed& seen) {
    const std::string_view what =
        seen.chore == "expire"      ? "cannot let holds expire (whoever is short of them does it)"
        : seen.chore == "sync"      ? "cannot sync what tills queued"
        : seen.chore == "prune"     ? "cannot let old idempotency keys go"
        : seen.chore == "fold"      ? "cannot fold the views"
        : seen.chore == "analytics" ? "cannot work out the views' analytics"
        : seen.chore == "freshness" ? "cannot measure how old the views are"
                                    : "cannot do chores for the database";
    LogLine made{"chore_failed", fmt::format("{}: {}", what, base::describe(seen.error)), {}, {}};
    add_error(made, seen.error);
    made.fields.emplace_back("chore", seen.chore);
    made.fields.emplace_back("retry_ms", to_ms(seen.retry_in));
    return made;
}

LogLine line(const RelayTaken& seen) {
    return {"relay_taken", "relaying for this database: " + seen.reason, {}, {}};
}

LogLine line(const RelayLost& seen) {
    return {"relay_lost", "no longer relaying: " + seen.reason, {}, {}};
}

LogLine line(const BroadcastSent& seen) {
    return {
        "broadcast_sent",
        fmt::format("told listeners of {} changes", seen.changes),
        {{"changes", seen.changes}, {"bytes", seen.bytes}, {"many", seen.many}},
        {}};
}

LogLine line(const Woken& seen) {
    return {"woken", fmt::format("woken by {}", name_of(seen.by)), {}, {}};
}

LogLine line(const Parked& /*seen*/) {
    return {"parked", "parked", {}, {}};
}

LogLine line(const CanarySeen& seen) {
    return {
        "canary_seen",
        fmt::format("canary came through in {:.3f} ms", to_ms(seen.delay)),
        {{"delay_ms", to_ms(seen.delay)}},
        {}};
}

LogLine line(const CanaryLate& seen) {
    return {
        "canary_late",
        fmt::format("a canary has not come through for {:.0f} ms: not ready", to_ms(seen.waited)),
        {{"waited_ms", to_ms(seen.waited)}},
        {}};
}

LogLine line(const RequestServed& seen) {
    return {
        "request_served",
        fmt::format("{} {} in {:.3f} ms", seen.target, seen.status, to_ms(seen.duration)),
        {{"route", std::string(name_of(seen.route))},
         {"status", std::int64_t{seen.status}},
         {"duration_ms", to_ms(seen.duration)}},
        std::string(seen.correlation_id)};
}

LogLine line(const ReadServed& seen) {
    return {"read_served", std::string(name_of(seen.result)), {}, {}};
}

LogLine line(const RequestRefused& seen) {
    return {
        "request_refused",
        "request cut off: " + seen.reason,
        {{"reason", seen.reason}},
        seen.correlation_id};
}

LogLine line(const WaitEnded& seen) {
    return {
        "wait_ended",
        fmt::format(
            "{} after {:.3f} ms",
            seen.result == WaitResult::kTimeout ? "timed out" : name_of(seen.result),
            to_ms(seen.duration)
        ),
        {{"result", std::string(name_of(seen.result))}, {"duration_ms", to_ms(seen.duration)}},
        {}};
}

LogLine line(const ExceptionCaught& seen) {
    return {
        "exception_caught",
        fmt::format("{}: {}", seen.where, seen.what),
        {{"where", seen.where}},
        seen.correlation_id};
}

/// For JSON and for text: no control character leaves unescaped, so a line stays a line. What is
/// not UTF-8 becomes U+FFFD: readers of JSON refuse a line with such bytes.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
    while (!text.empty()) {
        const char c = text.front();
        const auto length = base::utf8_length(text);
        if (length == 0) {
            out += "\uFFFD";
        } else if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else if (quotes && (c == '"' || c == '\\')) {
            out += '\\';
            out += c;
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, base::mask_secrets(text), /*quotes=*/true);
    out += '"';
}

std::string as_json(const LogLine& line, base::Timestamp time) {
    std::string out = R"({"time":")" + base::to_iso8601(time) + R"(","level":")";
    out += name_of(line.level);
    out += R"(","event":")";
    out += line.event;
    out += R"(","message":)";
    append_json_text(out, line.message);
    for (const auto& [key, value] : line.fields) {
        out += ",\"";
        out += key;
        out += "\":";
        std::visit(
            [&out](const auto& held) {
                using Held = std::decay_t<decltype(held)>;
                if constexpr (std::is_same_v<Held, std::string>) {
                    append_json_text(out, held);
                } else if constexpr (std::is_same_v<Held, double>) {
                    out += fmt::format("{:.3f}", held);
                } else {
                    out += fmt::format("{}", held);
                }
            },
            value
        );
    }
    if (!line.correlation_id.empty()) {
        out += R"(,"correlation_id":)";
        append_json_text(out, line.correlation_id);
    }
    out += '}';
    return out;
}

std::string as_text(const LogLine& line, base::Timestamp time) {
    std::string out = fmt::format("{} {:<5} ", base::to_iso8601(time), name_of(line.level));
    append_escaped(out, base::mask_secrets(line.message), /*quotes=*/false);
    if (!line.correlation_id.empty()) {
        out += " [";
        append_escaped(out, line.correlation_id, /*quotes=*/false);
        out += ']';
    }
    return out;
}

}  // namespace

Level level_of(const Observation& observation) {
    struct LevelOf {
        Level operator()(const Message& seen) const noexcept { return seen.level; }

        Level operator()(const DatabaseFailed& /*seen*/) const noexcept { return Level::kWarn; }

        Level operator()(const CanaryLate& /*seen*/) const noexcept { return Level::kWarn; }

        Level operator()(const AuditPassed& seen) const noexcept {
            return seen.drifts > 0 ? Level::kWarn : Level::kDebug;  // all is well, every minute
        }

        Level operator()(const LedgerMonthsMade& seen) const noexcept {
            return seen.names.empty() ? Level::kDebug : Level::kInfo;
        }

        Level operator()(const LedgerMonthsFailed& seen) const noexcept {
            return seen.again ? Level::kDebug : Level::kWarn;  // once is enough
        }

        Level operator()(const HoldsExpired& /*seen*/) const noexcept { return Level::kDebug; }

        Level operator()(const KeysPruned& /*seen*/) const noexcept { return Level::kDebug; }

        Level operator()(const QueueSynced& seen) const noexcept {
            return seen.needs_approval > 0 ? Level::kInfo : Level::kDebug;
        }

        Level operator()(const ViewsFolded& seen) const noexcept {
            return seen.rebuilt.empty() ? Level::kDebug : Level::kInfo;
        }

        Level operator()(const AnalyticsFolded& /*seen*/) const noexcept { return Level::kDebug; }

        Level operator()(const ViewsMeasured& /*seen*/) const noexcept { return Level::kDebug; }

        Level operator()(const ChoreFailed& seen) const noexcept {
            return seen.again ? Level::kDebug : Level::kWarn;  // once is enough
        }

        Level operator()(const LoadFailed& /*seen*/) const noexcept { return Level::kError; }

        Level operator()(const DriftHealed& /*seen*/) const noexcept { return Level::kError; }

        Level operator()(const ExceptionCaught& /*seen*/) const noexcept { return Level::kError; }

        Level operator()(const RequestServed& seen) const noexcept {
            // Rare, and Loaded does not know who asked.
            const bool is_action = seen.route == Route::kCacheAction && seen.status < 400;
            return is_action && !seen.correlation_id.empty() ? Level::kInfo : Level::kDebug;
        }

        // A stranger can cause as many as he likes; stockd_http_refused_total counts them.
        Level operator()(const RequestRefused& /*seen*/) const noexcept { return Level::kDebug; }

        Level operator()(const Drained& /*seen*/) const noexcept { return Level::kDebug; }

        Level operator()(const WaitEnded& /*seen*/) const noexcept { return Level::kDebug; }

        Level operator()(const ReadServed& /*seen*/) const noexcept { return Level::kTrace; }

        Level operator()(const BroadcastSent& /*seen*/) const noexcept { return Level::kTrace; }

        Level operator()(const Woken& /*seen*/) const noexcept { return Level::kTrace; }

        Level operator()(const Parked& /*seen*/) const noexcept { return Level::kTrace; }

        Level operator()(const CanarySeen& /*seen*/) const noexcept { return Level::kTrace; }
    };

    return std::visit(
        [](const auto& seen) {
            if constexpr (std::is_invocable_v<LevelOf, decltype(seen)>) {
                return LevelOf{}(seen);
            } else {
                return Level::kInfo;  // what happens rarely, and as it should
            }
        },
        observation
    );
}

LogLine line_of(const Observation& observation) {
    auto made = std::visit([](const auto& seen) { return line(seen); }, observation);
    made.level = level_of(observation);
    return made;
}

std::string format_line(const LogLine& line, LogFormat format, base::Timestamp time) {
    return format == LogFormat::kJson ? as_json(line, time) : as_text(line, time);
}

}  // namespace stockd::observe
