#include "observe/log_sink.hpp"

#include "observe/log_line.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sstream>

using namespace stockd;
using namespace stockd::observe;
using Catch::Matchers::Contains;

namespace {

std::string logged(LogFormat format, Level level, const Observation& observation) {
    std::ostringstream out;
    const LogSink sink{format, level, out};
    sink(observation);
    return out.str();
}

}  // namespace

TEST_CASE("log: a text line has time, level, message and correlation id", "[observe]") {
    const auto line =
        format_line(line_of(Message{Level::kWarn, "hello", "0123"}), LogFormat::kText, {0});
    CHECK(line == "1970-01-01T00:00:00.000Z warn  hello [0123]");
}

TEST_CASE(
    "log: a JSON line has time, level, event, message, fields and correlation id", "[observe]"
) {
    const auto line = format_line(
        line_of(Loaded{LoadReason::kRequested, 156, 3, 400, std::chrono::milliseconds(87), "c1"}),
        LogFormat::kJson,
        {0}
    );
    CHECK(
        line ==
        R"({"time":"1970-01-01T00:00:00.000Z","level":"info","event":"loaded",)"
        R"("message":"Cache refreshed in 87ms. 156 products cached.","reason":"requested","products":156,)"
        R"("stores":3,"stock_rows":400,"duration_ms":87.000,"correlation_id":"c1"})"
    );
}

TEST_CASE("log: a refresh reads as the requirement words it", "[observe]") {
    const auto line = logged(
        LogFormat::kText, Level::kInfo, Loaded{{}, 12, 1, 1, std::chrono::microseconds(8600), {}}
    );
    CHECK_THAT(line, Contains("Cache refreshed in 9ms. 12 products cached."));
}

TEST_CASE("log: what is below the level is not written, and the level can change", "[observe]") {
    std::ostringstream out;
    LogSink sink{LogFormat::kText, Level::kInfo, out};
    sink(RequestServed{});
    CHECK(out.str().empty());
    sink.set_level(Level::kDebug);
    sink(RequestServed{Route::kProduct, 200, {}, "/api/inventory/A", "c9"});
    CHECK_THAT(out.str(), Contains("/api/inventory/A 200") && Contains("[c9]"));
    sink.set_level(Level::kOff);
    out.str("");
    sink(ExceptionCaught{"strand", "boom", {}});
    CHECK(out.str().empty());
}

TEST_CASE("log: who asked for a refresh is found by the id of the request", "[observe]") {
    const std::string_view target = "/api/inventory/cache";
    const RequestServed done{Route::kCacheAction, 200, {}, target, "c9"};
    CHECK_THAT(
        logged(LogFormat::kText, Level::kInfo, done),
        Contains("/api/inventory/cache 200") && Contains("[c9]")
    );
    // Without an id there is nothing to find, and what was refused cost nothing.
    CHECK(
        logged(
            LogFormat::kText, Level::kInfo, RequestServed{Route::kCacheAction, 200, {}, target, {}}
        ).empty()
    );
    CHECK(logged(
              LogFormat::kText,
              Level::kInfo,
              RequestServed{Route::kCacheAction, 400, {}, target, "c9"}
    )
              .empty());
    CHECK(
        logged(
            LogFormat::kText, Level::kInfo, RequestServed{Route::kCacheStats, 200, {}, target, "c9"}
        )
            .empty()
    );
}

TEST_CASE("log: strangers' malformed requests do not fill the log", "[observe]") {
    const RequestRefused refused{"bad_http", "c9"};
    CHECK(logged(LogFormat::kText, Level::kInfo, refused).empty());
    CHECK_THAT(logged(LogFormat::kText, Level::kDebug, refused), Contains("bad_http"));
}

TEST_CASE("log: that months cannot be made is said once", "[observe]") {
    const base::Error error{base::ErrorCode::kInternal, "lock timeout", {}, {}, "55P03"};
    CHECK_THAT(
        logged(LogFormat::kText, Level::kInfo, LedgerMonthsFailed{error, {}, false}),
        Contains("warn") && Contains("lock timeout") && Contains("make_ledger_months()")
    );
    CHECK(logged(LogFormat::kText, Level::kInfo, LedgerMonthsFailed{error, {}, true}).empty());
    CHECK(logged(LogFormat::kText, Level::kInfo, LedgerMonthsMade{}).empty());
    CHECK_THAT(
        logged(LogFormat::kText, Level::kInfo, LedgerMonthsMade{{"a", "b"}}), Contains("a, b")
    );
}

TEST_CASE("log: chores are told when somebody has to know", "[observe]") {
    const base::Error error{base::ErrorCode::kInternal, "lock timeout", {}, {}, "55P03"};
    CHECK_THAT(
        logged(LogFormat::kText, Level::kInfo, ChoreFailed{"sync", error, {}, false}),
        Contains("warn") && Contains("cannot sync what tills queued") && Contains("lock timeout")
    );
    CHECK_THAT(
        logged(LogFormat::kText, Level::kInfo, ChoreFailed{"expire", error, {}, false}),
        Contains("cannot let holds expire")
    );
    CHECK(logged(LogFormat::kText, Level::kInfo, ChoreFailed{"sync", error, {}, true}).empty());
    CHECK(logged(LogFormat::kText, Level::kInfo, HoldsExpired{3, {}}).empty());
    CHECK_THAT(logged(LogFormat::kText, Level::kDebug, HoldsExpired{3, {}}), Contains("3 holds"));
    CHECK_THAT(logged(LogFormat::kText, Level::kDebug, KeysPruned{5, {}}), Contains("5 old keys"));
    CHECK(logged(LogFormat::kText, Level::kInfo, QueueSynced{"north", 4, 0, {}}).empty());
    CHECK_THAT(
        logged(LogFormat::kText, Level::kInfo, QueueSynced{"north", 4, 1, {}}),
        Contains("4 queued transactions of north, 1 need approval")
    );
}

TEST_CASE("log: a password in any text is masked", "[observe]") {
    const DatabaseFailed failed{
        "connect",
        {base::ErrorCode::kUnavailable,
         "postgres://me:hunter2@db/x refused",
         "password=hunter2",
         {},
         {}},
        {}};
    for (const auto format : {LogFormat::kText, LogFormat::kJson}) {
        CHECK_THAT(logged(format, Level::kInfo, failed), Contains("***") && !Contains("hunter2"));
        CHECK_THAT(
            logged(format, Level::kInfo, Message{{}, "password=hunter2", {}}), !Contains("hunter2")
        );
    }
}

TEST_CASE("log: a line feed or quote in a text cannot forge a line or a field", "[observe]") {
    const Message forged{Level::kInfo, "a\nb\"c\\d\x01", "x\ny"};
    const auto text = logged(LogFormat::kText, Level::kInfo, forged);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    const auto json = logged(LogFormat::kJson, Level::kInfo, forged);
    CHECK(std::count(json.begin(), json.end(), '\n') == 1);
    CHECK_THAT(
        json, Contains(R"("message":"a\nb\"c\\d\u0001")") && Contains(R"("correlation_id":"x\ny")")
    );
}

TEST_CASE("log: a line is UTF-8, whatever a stranger sent", "[observe]") {
    const Message odd{Level::kInfo, "GET /\xE9\u00e9\xE2\x82", {}};
    CHECK_THAT(
        logged(LogFormat::kJson, Level::kInfo, odd),
        Contains("\"message\":\"GET /\uFFFD\u00e9\uFFFD\uFFFD\"")
    );
    CHECK_THAT(
        logged(LogFormat::kText, Level::kInfo, odd), Contains("GET /\uFFFD\u00e9\uFFFD\uFFFD")
    );
}

TEST_CASE("log: levels and formats are read by name, nothing else", "[observe]") {
    CHECK(parse_level("warn") == Level::kWarn);
    CHECK_FALSE(parse_level("WARN"));
    CHECK_FALSE(parse_level(""));
    CHECK(parse_log_format("json") == LogFormat::kJson);
    CHECK_FALSE(parse_log_format("xml"));
}

TEST_CASE("log: correlation ids are 16 hex digits and differ", "[observe]") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = new_correlation_id();
        CHECK(id.size() == 16);
        CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
        seen.insert(id);
    }
    CHECK(seen.size() == 1000);
}
