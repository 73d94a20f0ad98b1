#include "cli/bench.hpp"
#include "cli/interrupt.hpp"
#include "cli/told.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

namespace stockd::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kIdleProbes = 100;
constexpr std::chrono::milliseconds kProbeLimit{5000};
// Chosen: some hundred probes in a run of seconds, far below the load itself.
constexpr std::chrono::milliseconds kProbePause{10};

constexpr const char* kUpdate =
    "update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = $1::bigint and "
    "product_id = $2::bigint returning version";
constexpr const char* kStatementName = "bench_update";

constexpr const char* kRelayExists = R"(
select exists (
    select from pg_locks as l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select d.oid from pg_database as d where d.datname = current_database())
        and (l.classid::bigint << 32) | l.objid::bigint = inventory.relay_lock()
)
)";

Microseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<Microseconds>(Clock::now() - start);
}

/// A connection with the update prepared: what a careful client does.
class Updater {
  public:
    static base::Result<Updater> connect(const std::string& conninfo, const std::string& store_id) {
        auto connection = pg::Connection::connect(conninfo, "stockctl bench");
        if (!connection) {
            return connection.error();
        }
        const pg::Rows prepared{PQprepare(connection->get(), kStatementName, kUpdate, 0, nullptr)};
        if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) {
            return pg::error_of(prepared.get(), connection->get());
        }
        return Updater{std::move(*connection), store_id};
    }

    /// The stock row's new version.
    base::Result<std::int64_t> update(const std::string& product_id) {
        const std::array<const char*, 2> values{store_id_.c_str(), product_id.c_str()};
        const pg::Rows rows{PQexecPrepared(
            connection_.get(), kStatementName, 2, values.data(), nullptr, nullptr, 0
        )};
        if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) {
            return pg::error_of(rows.get(), connection_.get());
        }
        if (rows.size() != 1) {
            return base::Error{
                base::ErrorCode::kConflict,
                "the bench's stock row was removed by somebody",
                {},
                {},
                {}};
        }
        return rows.integer(0, 0);
    }

    pg::Connection& connection() { return connection_; }

  private:
    Updater(pg::Connection connection, std::string store_id)
        : connection_(std::move(connection)),
          store_id_(std::move(store_id)) {}

    pg::Connection connection_;
    std::string store_id_;
};

/// Times from a commit of its own to the notification that tells of it.
class Probe {
  public:
    static base::Result<Probe> connect(const std::string& conninfo, const BenchStock& stock) {
        auto updater = Updater::connect(conninfo, stock.store_id);
        if (!updater) {
            return updater.error();
        }
        auto listener = pg::Connection::connect(conninfo, "stockctl bench");
        if (!listener) {
            return listener.error();
        }
        if (auto listening = listener->exec("listen inventory_changes"); !listening) {
            return listening.error();
        }
        const auto sku = std::string(kBenchStore) + "-" + std::to_string(stock.product_ids.size());
        return Probe{std::move(*updater), std::move(*listener), stock.product_ids.back(), sku};
    }

    base::Result<void> measure() {
        const auto version = updater_.update(product_id_);
        if (!version) {
            return version.error();
        }
        const auto committed = Clock::now();
        int many = 0;
        while (!is_interrupted()) {
            while (PGnotify* raw = PQnotifies(listener_.get())) {
                const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notification{raw, &PQfreemem};
                const auto told = tells_of(notification->extra, sku_, *version);
                // The first that names nothing may tell of a read from before the commit; the
                // second cannot.
                many += told == Told::kMany ? 1 : 0;
                if (told == Told::kYes || many == 2) {
                    times_.push_back(since(committed));
                    return {};
                }
            }
            const auto left =
                kProbeLimit -
                std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - committed);
            if (left.count() <= 0 ||
                wait_readable(PQsocket(listener_.get()), left) == Woken::kTimeout) {
                ++missed_;
                return {};
            }
            if (PQconsumeInput(listener_.get()) == 0) {
                return pg::error_of(listener_.get());
            }
        }
        return {};
    }

    std::vector<Microseconds> take() { return std::exchange(times_, {}); }

    [[nodiscard]] std::int64_t missed() const { return missed_; }

  private:
    Probe(Updater updater, pg::Connection listener, std::string product_id, std::string sku)
        : updater_(std::move(updater)),
          listener_(std::move(listener)),
          product_id_(std::move(product_id)),
          sku_(std::move(sku)) {}

    Updater updater_;
    pg::Connection listener_;
    std::string product_id_;
    std::string sku_;
    std::vector<Microseconds> times_;
    std::int64_t missed_ = 0;
};

/// What the workers share.
struct Shared {
    std::atomic<std::int64_t> left;
    std::atomic<bool> is_done{false};
    std::mutex mutex;
    std::vector<Microseconds> times;     // guarded by mutex
    std::optional<base::Error> failure;  // guarded by mutex

    void fail(const base::Error& error) {
        const std::scoped_lock lock(mutex);
        failure = failure.value_or(error);
        left = 0;
    }
};

void work(Updater& updater, const BenchStock& stock, unsigned seed, Shared& shared) {
    std::minstd_rand random(seed);
    std::uniform_int_distribution<std::size_t> pick(0, stock.product_ids.size() - 2);
    std::vector<Microseconds> times;
    while (!is_interrupted() && shared.left.fetch_sub(1) > 0) {
        const auto start = Clock::now();
        if (const auto done = updater.update(stock.product_ids[pick(random)]); !done) {
            shared.fail(done.error());
            break;
        }
        times.push_back(since(start));
    }
    const std::scoped_lock lock(shared.mutex);
    shared.times.insert(shared.times.end(), times.begin(), times.end());
}

void probe_under_load(Probe& probe, Shared& shared) {
    while (!shared.is_done && !is_interrupted()) {
        if (const auto done = probe.measure(); !done) {
            shared.fail(done.error());
            return;
        }
        std::this_thread::sleep_for(kProbePause);
    }
}

base::Result<std::optional<Probe>> make_probe(
    const std::string& conninfo, const BenchStock& stock
) {
    auto probe = Probe::connect(conninfo, stock);
    if (!probe) {
        return probe.error();
    }
    auto connection = pg::Connection::connect(conninfo, "stockctl bench");
    const auto relay =
        connection ? connection->exec(kRelayExists) : base::Result<pg::Rows>(connection.error());
    if (!relay) {
        return relay.error();
    }
    return relay->boolean(0, 0) ? std::optional<Probe>(std::move(*probe)) : std::nullopt;
}

}  // namespace

base::Result<LoadResult> run_load(
    const std::string& conninfo, const BenchStock& stock, const LoadOptions& options
) {
    LoadResult out;
    auto probe = make_probe(conninfo, stock);
    if (!probe) {
        return probe.error();
    }
    std::vector<Updater> updaters;
    for (unsigned i = 0; i < options.connections; ++i) {
        auto updater = Updater::connect(conninfo, stock.store_id);
        if (!updater) {
            return updater.error();
        }
        updaters.push_back(std::move(*updater));
    }
    if (*probe) {
        for (int i = 0; i < kIdleProbes && !is_interrupted(); ++i) {
            if (auto done = (*probe)->measure(); !done) {
                return done.error();
            }
        }
        out.notified_idle = percentiles_of((*probe)->take());
    }
    Shared shared{.left = options.updates, .mutex = {}, .times = {}, .failure = {}};
    const auto start = Clock::now();
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < options.connections; ++i) {
        workers.emplace_back(
            work, std::ref(updaters[i]), std::cref(stock), i + 1, std::ref(shared)
        );
    }
    std::optional<std::thread> prober;
    if (*probe) {
        prober.emplace(probe_under_load, std::ref(**probe), std::ref(shared));
    }
    for (auto& worker : workers) {
        worker.join();
    }
    out.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    shared.is_done = true;
    if (prober) {
        prober->join();
        out.notified_under_load = percentiles_of((*probe)->take());
        out.missed = (*probe)->missed();
    }
    if (shared.failure) {
        return *shared.failure;
    }
    out.updates = static_cast<std::int64_t>(shared.times.size());
    out.commit = percentiles_of(std::move(shared.times));
    return out;
}

}  // namespace stockd::cli
