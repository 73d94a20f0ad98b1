#include "observe/metrics_sink.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace stockd;
using namespace stockd::observe;
using Catch::Matchers::Contains;

namespace {

/// "name type label,label" per family, sorted: what the golden file holds.
std::string shape_of(const std::string& exposition) {
    std::map<std::string, std::string> types;
    std::map<std::string, std::set<std::string>> labels;
    std::istringstream lines{exposition};
    const std::regex type_line{"# TYPE (\\S+) (\\S+)"};
    const std::regex sample{R"(([a-z_]+?)(_bucket|_sum|_count)?(\{([^}]*)\})? .*)"};
    const std::regex label{"([a-z_]+)=\""};
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, type_line)) {
            types[match[1]] = match[2];
        } else if (!line.starts_with('#') && std::regex_match(line, match, sample)) {
            std::string name = match[1].str();
            if (types[name].empty()) {
                name += match[2].str();
            }
            const auto text = match[4].str();
            for (std::sregex_iterator it{text.begin(), text.end(), label}, end; it != end; ++it) {
                if ((*it)[1] != "le") {
                    labels[name].insert((*it)[1]);
                }
            }
        }
    }
    std::string shape;
    for (const auto& [name, type] : types) {
        if (type.empty()) {
            continue;
        }
        shape += name + " " + type;
        for (const auto& key : labels[name]) {
            shape += " " + key;
        }
        shape += "\n";
    }
    return shape;
}

std::string content_of(const char* path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string full_scrape() {
    MetricsSink metrics{"1.2.3"};
    metrics.set_gauges([](Gauges& now) { now.age_s = 1; });
    metrics(DatabaseFailed{"drain", {base::ErrorCode::kUnavailable, "away", {}, {}, {}}, {}});
    metrics(Loaded{});
    metrics(ViewsMeasured{{{"a_mv", 1, 1}}});
    metrics(RequestRefused{"timeout", {}});
    return metrics.text();
}

}  // namespace

TEST_CASE("metrics: names, types and labels are those of the golden file", "[observe]") {
    CHECK(shape_of(full_scrape()) == content_of(STOCKD_METRICS_GOLDEN));
}

TEST_CASE("metrics: every name and label is described in the reference", "[observe]") {
    const auto reference = content_of(STOCKD_METRICS_REFERENCE);
    std::istringstream golden{content_of(STOCKD_METRICS_GOLDEN)};
    for (std::string line; std::getline(golden, line);) {
        std::istringstream words{line};
        std::string name;
        std::string type;
        words >> name >> type;
        std::smatch row;
        const std::regex wanted{"\\| `" + name + "` \\| " + type + " \\|([^|]*)\\|"};
        INFO(name);
        REQUIRE(std::regex_search(reference, row, wanted));
        for (std::string key; words >> key;) {
            CHECK_THAT(row[1].str(), Contains("`" + key + "`"));
        }
    }
}

TEST_CASE("metrics: observations are counted", "[observe]") {
    const MetricsSink metrics{"1.2.3"};
    metrics(StateChanged{"Loading", "Live", {}, {}});
    metrics(Drained{7, 3, 2, 1, std::chrono::microseconds(700)});
    metrics(DriftHealed{});
    metrics(LedgerMonthsMade{{"a", "b"}});
    metrics(LedgerMonthsFailed{});
    metrics(HoldsExpired{3, {}});
    metrics(KeysPruned{5, {}});
    metrics(QueueSynced{"north", 4, 1, {}});
    metrics(ChoreFailed{"sync", {}, {}, false});
    metrics(RequestServed{Route::kProduct, 200, std::chrono::microseconds(30), {}, {}});
    metrics(RequestServed{Route::kProduct, 404, std::chrono::microseconds(30), {}, {}});
    metrics(RequestServed{Route::kOther, 999, {}, {}, {}});
    metrics(ReadServed{ReadResult::kMiss});
    metrics(WaitEnded{WaitResult::kCovered, {}});
    metrics(WaitEnded{WaitResult::kFailed, {}});
    metrics(ViewsFolded{4, 2, {}, {}});
    metrics(ViewsFolded{1, 0, "asked for", {}});
    metrics(AnalyticsFolded{});
    metrics(ViewsMeasured{{{"a_mv", 1.5, 7}, {"b_mv", {}, {}}}});
    metrics(Woken{Wake::kDoorbell});
    const auto text = metrics.text();
    for (const auto* sample :
         {"stockd_build_info{version=\"1.2.3\"} 1\n",
          "stockd_state_changes_total{to=\"live\"} 1\n",
          "stockd_drained_rows_total 7\n",
          "stockd_applied_changes_total{kind=\"stock\"} 3\n",
          "stockd_drain_duration_seconds_count 1\n",
          "stockd_drift_total 1\n",
          "stockd_ledger_months_made_total 2\n",
          "stockd_failed_ledger_months_total 1\n",
          "stockd_expired_holds_total 3\n",
          "stockd_pruned_keys_total 5\n",
          "stockd_synced_transactions_total{result=\"synced\"} 4\n",
          "stockd_synced_transactions_total{result=\"needs_approval\"} 1\n",
          "stockd_failed_chores_total{chore=\"sync\"} 1\n",
          "stockd_folded_rows_total 5\n",
          "stockd_low_stock_events_total 2\n",
          "stockd_view_rebuilds_total 1\n",
          "stockd_fold_duration_seconds_count 2\n",
          "stockd_analytics_duration_seconds_count 1\n",
          "stockd_view_age_seconds{relation=\"a_mv\"} 1.5\n",
          "stockd_view_rows_waiting{relation=\"a_mv\"} 7\n",
          "stockd_http_requests_total{route=\"product\",status_class=\"2xx\"} 1\n",
          "stockd_http_requests_total{route=\"product\",status_class=\"4xx\"} 1\n",
          "stockd_http_requests_total{route=\"other\",status_class=\"5xx\"} 1\n",
          "stockd_http_request_duration_seconds_count{route=\"product\"} 2\n",
          "stockd_reads_total{result=\"miss\"} 1\n",
          "stockd_waits_total{result=\"covered\"} 1\n",
          "stockd_waits_total{result=\"timeout\"} 0\n",
          "stockd_waits_total{result=\"failed\"} 1\n",
          "stockd_wakes_total{by=\"doorbell\"} 1\n"}) {
        CHECK_THAT(text, Contains(sample));
    }
}

TEST_CASE("metrics: how old a view is has a sample while somebody knows it", "[observe]") {
    const MetricsSink metrics{"1"};
    const std::string sample{"stockd_view_age_seconds{"};
    CHECK_THAT(metrics.text(), !Contains(sample));
    metrics(ViewsMeasured{{{"a_mv", 1.5, 7}, {"b_mv", 0, 0}}});
    metrics(ViewsMeasured{{{"a_mv", 2.5, 7}, {"b_mv", {}, {}}}});
    CHECK_THAT(metrics.text(), Contains(sample + "relation=\"a_mv\"} 2.5\n"));
    CHECK_THAT(metrics.text(), !Contains("b_mv"));
    metrics(RelayLost{"gone"});
    CHECK_THAT(metrics.text(), !Contains(sample));
}

TEST_CASE("metrics: gauges are asked for at the scrape", "[observe]") {
    MetricsSink metrics{"1"};
    CHECK_THAT(metrics.text(), Contains("stockd_cache_stale 1\n") && Contains("stockd_ready 0\n"));
    metrics.set_gauges([](Gauges& now) {
        now.products = 12;
        now.stale = false;
        now.state = "Live";
        now.age_s = 0.25;
    });
    const auto text = metrics.text();
    CHECK_THAT(text, Contains("stockd_cache_products 12\n") && Contains("stockd_cache_stale 0\n"));
    CHECK_THAT(
        text,
        Contains("stockd_state{state=\"live\"} 1\n") &&
            Contains("stockd_state{state=\"loading\"} 0\n")
    );
    CHECK_THAT(text, Contains("stockd_cache_age_seconds 0.25"));
    // Nothing is held any more: no age, rather than one of nothing.
    metrics.set_gauges([](Gauges& now) { now.state = "disconnected"; });
    CHECK_THAT(metrics.text(), !Contains("stockd_cache_age_seconds 0"));
    CHECK_THAT(text, !Contains("process_resident_memory_bytes 0\n"));
}
