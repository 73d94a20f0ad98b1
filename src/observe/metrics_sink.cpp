#include "observe/metrics_sink.hpp"

#include "observe/request_counters.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <cctype>
#include <ctime>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace stockd::observe {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = prometheus::Labels;

/// Chosen: a drain takes 0.1 ms to some ms, a load up to minutes, a canary a millisecond to several
/// backstops.
const Histogram::BucketBoundaries kBucketsS = {
    0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10, 60};

constexpr std::array<std::string_view, 5> kStates = {
    "disconnected", "connecting", "listening", "loading", "live"};

std::string lower(std::string_view text) {
    std::string made{text};
    for (auto& c : made) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return made;
}

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::int64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t size = 0;
    std::int64_t resident = 0;
    statm >> size >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

/// Families in the order in which they are described in the reference.
struct MetricsSink::Impl {
    explicit Impl(const std::string& version) {
        BuildGauge()
            .Name("stockd_build_info")
            .Help("1, labelled with the version that runs.")
            .Register(registry)
            .Add({{"version", version}})
            .Set(1);
        start_time.Set(static_cast<double>(std::time(nullptr)));
        for (const auto state : kStates) {
            state_gauges.emplace_back(state, &states.Add({{"state", std::string(state)}}));
            state_changes.Add({{"to", std::string(state)}});
        }
        for (const auto by :
             {Wake::kDoorbell, Wake::kBroadcast, Wake::kBackstop, Wake::kLinger, Wake::kWaiter}) {
            wakes.Add({{"by", std::string(name_of(by))}});
        }
        for (const auto result :
             {WaitResult::kCovered, WaitResult::kTimeout, WaitResult::kFailed}) {
            waits.Add({{"result", std::string(name_of(result))}});
        }
        for (const auto* chore :
             {"expire",
              "sync",
              "prune",
              "connection",
              "fold",
              "analytics",
              "folding",
              "freshness"}) {
            failed_chores.Add({{"chore", chore}});
        }
    }

    Counter& counter(const char* name, const char* help, const Labels& labels = {}) {
        return BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
    }

    prometheus::Family<Counter>& counters(const char* name, const char* help) {
        return BuildCounter().Name(name).Help(help).Register(registry);
    }

    Gauge& gauge(const char* name, const char* help) {
        return BuildGauge().Name(name).Help(help).Register(registry).Add({});
    }

    Histogram& histogram(const char* name, const char* help) {
        return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, kBucketsS);
    }

    /// A gauge per relation, which has a sample while somebody knows its value.
    struct PerRelation {
        explicit PerRelation(prometheus::Family<Gauge>& of)
            : family(of) {}

        void clear() {
            for (const auto& [relation, gauge] : gauges) {
                family.Remove(gauge);
            }
            gauges.clear();
        }

        prometheus::Family<Gauge>& family;
        std::map<std::string, Gauge*> gauges;
    };

    template <class Value>
    static void set(PerRelation& of, const std::string& relation, std::optional<Value> value) {
        const auto held = of.gauges.find(relation);
        if (value) {
            auto* const gauge =
                held != of.gauges.end() ? held->second : &of.family.Add({{"relation", relation}});
            gauge->Set(static_cast<double>(*value));
            of.gauges[relation] = gauge;
        } else if (held != of.gauges.end()) {
            of.family.Remove(held->second);
            of.gauges.erase(held);
        }
    }

    void refresh_gauges();

    // One overload per observation; what counts nothing is not here.
    void count(const StateChanged& seen) {
        state_changes.Add({{"to", lower(seen.to)}}).Increment();
    }

    void count(const DatabaseFailed& seen) {
        database_errors.Add({{"code", std::string(base::error_code_name(seen.error.code))}}
        ).Increment();
    }

    void count(const Drained& seen) {
        drain_duration.Observe(seconds(seen.duration));
        feed_rows.Increment(static_cast<double>(seen.feed_rows));
        stock_changes.Increment(static_cast<double>(seen.stock_changes));
        product_changes.Increment(static_cast<double>(seen.product_changes));
        store_changes.Increment(static_cast<double>(seen.store_changes));
    }

    void count(const Loaded& seen) {
        loads.Add({{"reason", std::string(name_of(seen.reason))}}).Increment();
        load_duration.Observe(seconds(seen.duration));
    }

    void count(const LoadFailed& /*seen*/) { failed_loads.Increment(); }

    void count(const DriftHealed& /*seen*/) { drift.Increment(); }

    void count(const AuditPassed& seen) {
        audits.Increment();
        audited_rows.Increment(static_cast<double>(seen.rows));
    }

    void count(const LedgerMonthsMade& seen) {
        months.Increment(static_cast<double>(seen.names.size()));
    }

    void count(const LedgerMonthsFailed& /*seen*/) { failed_months.Increment(); }

    void count(const HoldsExpired& seen) { expired.Increment(static_cast<double>(seen.holds)); }

    void count(const KeysPruned& seen) { pruned.Increment(static_cast<double>(seen.keys)); }

    void count(const QueueSynced& seen) {
        synced.Increment(static_cast<double>(seen.synced));
        unsynced.Increment(static_cast<double>(seen.needs_approval));
    }

    void count(const ViewsFolded& seen) {
        fold_duration.Observe(seconds(seen.duration));
        folded.Increment(static_cast<double>(seen.rows));
        low_stock.Increment(static_cast<double>(seen.events));
        rebuilds.Increment(seen.rebuilt.empty() ? 0 : 1);
    }

    void count(const AnalyticsFolded& seen) { analytics_duration.Observe(seconds(seen.duration)); }

    void count(const ViewsMeasured& seen) {
        for (const auto& view : seen.views) {
            set(view_ages, view.relation, view.age_s);
            set(view_rows_waiting, view.relation, view.rows_waiting);
        }
    }

    void count(const ChoreFailed& seen) { failed_chores.Add({{"chore", seen.chore}}).Increment(); }

    void count(const RelayTaken& /*seen*/) { relay_taken.Increment(); }

    void count(const RelayLost& /*seen*/) {
        relay_lost.Increment();
        view_ages.clear();
        view_rows_waiting.clear();
    }

    void count(const BroadcastSent& /*seen*/) { broadcasts.Increment(); }

    void count(const Woken& seen) {
        wakes.Add({{"by", std::string(name_of(seen.by))}}).Increment();
    }

    void count(const Parked& /*seen*/) { parked.Increment(); }

    void count(const CanarySeen& seen) { canary_delay.Observe(seconds(seen.delay)); }

    void count(const CanaryLate& /*seen*/) { late_canaries.Increment(); }

    void count(const RequestServed& seen) { requests->count(seen); }

    void count(const ReadServed& seen) { requests->count(seen); }

    void count(const RequestRefused& seen) { refused.Add({{"reason", seen.reason}}).Increment(); }

    void count(const WaitEnded& seen) {
        waits.Add({{"result", std::string(name_of(seen.result))}}).Increment();
        wait_duration.Observe(seconds(seen.duration));
    }

    void count(const ExceptionCaught& /*seen*/) { exceptions.Increment(); }

    void count(const Message& /*seen*/) const {}

    prometheus::Registry registry;
    std::shared_ptr<RequestCounters> requests = std::make_shared<RequestCounters>();
    std::mutex scraping;
    std::function<void(Gauges&)> fill_gauges;  // guarded by scraping
    std::vector<std::pair<std::string_view, Gauge*>> state_gauges;

    prometheus::Family<Gauge>& states =
        BuildGauge()
            .Name("stockd_state")
            .Help("1 for the state the follower is in, 0 for the others.")
            .Register(registry);
    prometheus::Family<Counter>& state_changes =
        counters("stockd_state_changes_total", "Moves of the follower into a state.");
    prometheus::Family<Counter>& database_errors = counters(
        "stockd_database_errors_total", "Failures of the database or the connection to it, by code."
    );
    Gauge& ready = gauge("stockd_ready", "1 while /ready answers 200.");
    Gauge& relay = gauge("stockd_relay", "1 while this stockd is the relay of its database.");
    Gauge& stale = gauge("stockd_cache_stale", "1 while answers are marked stale.");
    prometheus::Family<Gauge>& ages =
        BuildGauge()
            .Name("stockd_cache_age_seconds")
            .Help(
                "Time since the database was last known to hold nothing newer than the cache. No "
                "sample while nothing is held."
            )
            .Register(registry);
    Gauge* age = nullptr;  ///< of ages, while there is something that has an age
    Gauge& products = gauge("stockd_cache_products", "Products in the cache.");
    Gauge& stores = gauge("stockd_cache_stores", "Stores in the cache.");
    Gauge& stock_rows = gauge("stockd_cache_stock_rows", "Stock rows in the cache.");
    Gauge& cache_bytes = gauge("stockd_cache_bytes", "Memory that the cache holds.");
    Gauge& waiting = gauge(
        "stockd_waiting_requests",
        "Requests waiting for the database: for a ticket, a version, a reload or an action."
    );
    Gauge& connections = gauge("stockd_http_connections", "HTTP connections open.");
    Histogram& drain_duration = histogram(
        "stockd_drain_duration_seconds", "Time of one drain: reading what is new and applying it."
    );
    Counter& feed_rows =
        counter("stockd_drained_rows_total", "Movements and events read from the change feed.");
    prometheus::Family<Counter>& applied =
        counters("stockd_applied_changes_total", "Changed keys applied to the cache, by kind.");
    Counter& stock_changes = applied.Add({{"kind", "stock"}});
    Counter& product_changes = applied.Add({{"kind", "product"}});
    Counter& store_changes = applied.Add({{"kind", "store"}});
    prometheus::Family<Counter>& wakes = counters("stockd_wakes_total", "What woke the reader up.");
    Counter& parked =
        counter("stockd_parks_total", "Times that the relay went to sleep behind the doorbell.");
    prometheus::Family<Counter>& loads =
        counters("stockd_loads_total", "Full loads swapped in, by reason.");
    Counter& failed_loads = counter("stockd_failed_loads_total", "Full loads given up.");
    Histogram& load_duration = histogram("stockd_load_duration_seconds", "Time of one full load.");
    Counter& audits = counter("stockd_audits_total", "Complete passes of the audit.");
    Counter& audited_rows =
        counter("stockd_audited_rows_total", "Rows compared by complete passes of the audit.");
    Counter& drift = counter(
        "stockd_drift_total", "Rows that differed from the database and were healed. Should stay 0."
    );
    Counter& months =
        counter("stockd_ledger_months_made_total", "Months of the ledger that this relay made.");
    Counter& failed_months = counter(
        "stockd_failed_ledger_months_total", "Times that the ledger's months could not be made."
    );
    Counter& expired =
        counter("stockd_expired_holds_total", "Holds of reservations that this relay let expire.");
    Counter& pruned = counter(
        "stockd_pruned_keys_total",
        "Idempotency keys, or refusals if more, that were older than the offline window and that "
        "this relay let go."
    );
    prometheus::Family<Counter>& queue = counters(
        "stockd_synced_transactions_total", "Queued transactions that this relay synced, by result."
    );
    Counter& synced = queue.Add({{"result", "synced"}});
    Counter& unsynced = queue.Add({{"result", "needs_approval"}});
    Histogram& fold_duration =
        histogram("stockd_fold_duration_seconds", "Time of one fold of the views by this relay.");
    Counter& folded =
        counter("stockd_folded_rows_total", "Stock rows that this relay folded into the views.");
    Counter& low_stock =
        counter("stockd_low_stock_events_total", "Low-stock events that this relay's folds wrote.");
    Counter& rebuilds =
        counter("stockd_view_rebuilds_total", "Times that this relay rebuilt the views.");
    Histogram& analytics_duration = histogram(
        "stockd_analytics_duration_seconds", "Time that working out the views' analytics took."
    );
    PerRelation view_ages{
        BuildGauge()
            .Name("stockd_view_age_seconds")
            .Help("Since when the oldest change waits that the relation does not have. The relay "
                  "looks every 5 s; no sample elsewhere.")
            .Register(registry)};
    PerRelation view_rows_waiting{
        BuildGauge()
            .Name("stockd_view_rows_waiting")
            .Help(
                "Feed rows that the relation does not have, at most 10 000. The relay looks every "
                "5 s; no sample elsewhere."
            )
            .Register(registry)};
    prometheus::Family<Counter>& failed_chores = counters(
        "stockd_failed_chores_total",
        "Times that the relay could not let holds expire, sync queues, let old keys go, fold the "
        "views or measure them, or lost its connection for it."
    );
    Counter& relay_taken =
        counter("stockd_relay_taken_total", "Times that this stockd became the relay.");
    Counter& relay_lost =
        counter("stockd_relay_lost_total", "Times that this stockd stopped being the relay.");
    Counter& broadcasts = counter("stockd_broadcasts_total", "NOTIFY inventory_changes sent.");
    Histogram& canary_delay =
        histogram("stockd_canary_delay_seconds", "Way of a canary from its commit into the cache.");
    Counter& late_canaries =
        counter("stockd_late_canaries_total", "Canaries that did not come through in time.");
    prometheus::Family<Counter>& refused =
        counters("stockd_http_refused_total", "Requests and connections cut off, by reason.");
    prometheus::Family<Counter>& waits = counters(
        "stockd_waits_total", "Requests that waited for a ticket or a version, by result."
    );
    Histogram& wait_duration =
        histogram("stockd_wait_duration_seconds", "How long such requests waited.");
    Counter& exceptions =
        counter("stockd_exceptions_total", "Exceptions caught at a boundary. Should stay 0.");
    Gauge& start_time =
        gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.");
    Gauge& resident =
        gauge("process_resident_memory_bytes", "Memory of the process that is resident.");
    Counter& cpu = counter("process_cpu_seconds_total", "CPU time that the process has used.");
};

void MetricsSink::Impl::refresh_gauges() {
    Gauges now;
    if (fill_gauges) {
        fill_gauges(now);
    }
    const auto state = lower(now.state);
    for (const auto& [name, held] : state_gauges) {
        held->Set(name == state ? 1 : 0);
    }
    ready.Set(now.ready ? 1 : 0);
    relay.Set(now.relay ? 1 : 0);
    stale.Set(now.stale ? 1 : 0);
    if (now.age_s) {
        age = &ages.Add({});
        age->Set(*now.age_s);
    } else if (age != nullptr) {
        ages.Remove(std::exchange(age, nullptr));
    }
    products.Set(static_cast<double>(now.products));
    stores.Set(static_cast<double>(now.stores));
    stock_rows.Set(static_cast<double>(now.stock_rows));
    cache_bytes.Set(static_cast<double>(now.cache_bytes));
    waiting.Set(static_cast<double>(now.waiting_requests));
    connections.Set(static_cast<double>(now.http_connections));
    resident.Set(static_cast<double>(resident_bytes()));
    cpu.Increment(cpu_seconds() - cpu.Value());
}

MetricsSink::MetricsSink(const std::string& version)
    : impl_(std::make_unique<Impl>(version)) {}

MetricsSink::~MetricsSink() = default;

void MetricsSink::operator()(const Observation& observation) const {
    std::visit([this](const auto& seen) { impl_->count(seen); }, observation);
}

void MetricsSink::set_gauges(std::function<void(Gauges&)> fill) {
    const std::lock_guard lock{impl_->scraping};
    impl_->fill_gauges = std::move(fill);
}

std::string MetricsSink::text() const {
    const std::lock_guard lock{impl_->scraping};
    impl_->refresh_gauges();
    auto families = impl_->registry.Collect();
    for (auto& family : impl_->requests->Collect()) {
        families.push_back(std::move(family));
    }
    return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace stockd::observe
