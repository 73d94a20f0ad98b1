// How long after a commit the change is in memory, and how long until NOTIFY inventory_changes has
// told of it.
//   latency_bench STORE SKU RATE SECONDS     on the database of psql's variables; prints one JSON
//   object
//
// One stock row is updated at fixed times, whatever earlier updates did, so that a stall is seen by
// every update that falls into it. Versions are dense, so the version that a reader sees says how
// many of the updates it has.
#include "app/inventory.hpp"
#include "cli/told.hpp"
#include "pg/connection.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace stockd;

namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

struct Plan {
    std::string store;
    std::string sku;
    double rate = 0;
    double seconds = 0;

    [[nodiscard]] std::size_t updates() const { return static_cast<std::size_t>(rate * seconds); }
};

constexpr std::chrono::seconds kGiveUp{10};
constexpr auto kNever = Clock::time_point::max();

/// When each update was committed and first seen. Index: its version minus that before the first.
class Times {
  public:
    explicit Times(std::size_t updates)
        : committed_(updates, kNever),
          seen_(updates, kNever) {}

    void commit(std::size_t update, Clock::time_point at) {
        const std::scoped_lock lock(mutex_);
        committed_[update] = at;
    }

    /// Everything up to this many updates has been seen.
    void see(std::int64_t updates, Clock::time_point at) {
        const std::scoped_lock lock(mutex_);
        const auto upto =
            std::min(seen_.size(), static_cast<std::size_t>(std::max<std::int64_t>(updates, 0)));
        for (; next_ < upto; ++next_) {
            seen_[next_] = at;
        }
    }

    /// How many were committed before `at`.
    std::int64_t committed_before(Clock::time_point at) {
        const std::scoped_lock lock(mutex_);
        const auto after = std::partition_point(
            committed_.begin(), committed_.end(), [&](auto time) { return time < at; }
        );
        return after - committed_.begin();
    }

    /// The same updates, seen in another way.
    void copy_commits_to(Times& other) {
        const std::scoped_lock lock(mutex_, other.mutex_);
        other.committed_ = committed_;
    }

    bool is_complete() {
        const std::scoped_lock lock(mutex_);
        return next_ == seen_.size();
    }

    /// Microseconds from commit to seen, sorted. An update that was seen before its client had the
    /// answer to its commit took 0.
    std::vector<double> latencies() {
        const std::scoped_lock lock(mutex_);
        std::vector<double> out;
        for (std::size_t i = 0; i < next_; ++i) {
            out.push_back(std::max(
                0.0, std::chrono::duration<double, std::micro>(seen_[i] - committed_[i]).count()
            ));
        }
        std::sort(out.begin(), out.end());
        return out;
    }

  private:
    std::mutex mutex_;
    std::vector<Clock::time_point> committed_;  // guarded by mutex_
    std::vector<Clock::time_point> seen_;       // guarded by mutex_
    std::size_t next_ = 0;                      // guarded by mutex_
};

json::object summary(Times& times, std::size_t updates) {
    const auto sorted = times.latencies();
    const auto at = [&](double part) {
        return sorted.empty() ? json::value(nullptr)
                              : json::value(sorted[static_cast<std::size_t>(
                                    part * static_cast<double>(sorted.size() - 1)
                                )]);
    };
    std::array<std::int64_t, 32> buckets{};
    for (const auto us : sorted) {
        const auto bucket =
            static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(us)));
        ++buckets[std::min(buckets.size() - 1, bucket)];
    }
    json::array histogram;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        if (buckets[i] != 0) {
            histogram.push_back(json::array{std::int64_t{1} << i, buckets[i]}
            );  // below this many us: so many
        }
    }
    return {
        {"count", sorted.size()},
        {"missed", updates - sorted.size()},
        {"p50", at(0.5)},
        {"p90", at(0.9)},
        {"p99", at(0.99)},
        {"max", at(1.0)},
        {"histogram", std::move(histogram)},
    };
}

[[noreturn]] void fail(const base::Error& error) {
    std::fprintf(stderr, "latency_bench: %s\n", base::describe(error).c_str());
    std::exit(1);
}

pg::Connection connect() {
    auto connection = pg::Connection::connect("", "latency_bench");
    if (!connection) {
        fail(connection.error());
    }
    return std::move(*connection);
}

/// What a program that listens with psql's means knows after a notification: how many updates it
/// tells of. One that names nothing ("many") tells for certain only of what was committed before
/// the notification that came before it.
class Told {
  public:
    Told(const Plan& plan, std::int64_t first_version, Times& times)
        : plan_(plan),
          first_version_(first_version),
          times_(times) {}

    void hear(const char* payload, Clock::time_point at) {
        const auto tidings = cli::tidings_of(payload, plan_.sku);
        if (tidings.version) {
            times_.see(*tidings.version - first_version_, at);
        } else if (tidings.is_many) {
            times_.see(times_.committed_before(heard_before_), at);
        }
        heard_before_ = at;
    }

  private:
    const Plan& plan_;
    std::int64_t first_version_;
    Times& times_;
    Clock::time_point heard_before_ = Clock::time_point::min();
};

void listen(pg::Connection& listener, Told& told, Times& times, const std::atomic<bool>& is_over) {
    auto give_up = kNever;
    while (!times.is_complete() && Clock::now() < give_up) {
        if (is_over && give_up == kNever) {
            give_up = Clock::now() + kGiveUp;
        }
        pollfd socket{PQsocket(listener.get()), POLLIN, 0};
        poll(&socket, 1, 100);
        if (PQconsumeInput(listener.get()) == 0) {
            fail(pg::error_of(listener.get()));
        }
        while (PGnotify* raw = PQnotifies(listener.get())) {
            const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notification{raw, &PQfreemem};
            told.hear(notification->extra, Clock::now());
        }
    }
}

void update(pg::Connection& writer, const Plan& plan, Times& times) {
    constexpr const char* kStatement =
        "update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = (select "
        "store_id from inventory.stores "
        "where code = $1) and product_id = (select product_id from inventory.products where sku = "
        "$2)";
    const pg::Rows prepared{PQprepare(writer.get(), "probe", kStatement, 0, nullptr)};
    const std::array<const char*, 2> values{plan.store.c_str(), plan.sku.c_str()};
    const auto begun = Clock::now();
    for (std::size_t i = 0; i < plan.updates(); ++i) {
        std::this_thread::sleep_until(
            begun + std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(static_cast<double>(i) / plan.rate)
                    )
        );
        const pg::Rows done{
            PQexecPrepared(writer.get(), "probe", 2, values.data(), nullptr, nullptr, 0)};
        const auto at = Clock::now();
        if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) {
            fail(pg::error_of(done.get(), writer.get()));
        }
        times.commit(i, at);
    }
}

std::int64_t version_of(Inventory& inventory, const Plan& plan) {
    const auto product = inventory.get_inventory(plan.sku, plan.store);
    if (!product) {
        fail(product.error());
    }
    const auto& found = product->value;
    return found && !found->stores.empty() ? found->stores.front().version : 0;
}

void run(const Plan& plan) {
    InventoryOptions options;
    options.name = "latency_bench";
    options.audit_rows_per_s = 0;
    auto inventory = Inventory::connect(options);
    if (!inventory) {
        fail(inventory.error());
    }
    auto writer = connect();
    auto listener = connect();
    if (const auto listening = listener.exec("listen inventory_changes"); !listening) {
        fail(listening.error());
    }
    Times patched{plan.updates()};
    Times notified{plan.updates()};
    const auto before = version_of(**inventory, plan);
    (*inventory)->follow([&](const InventoryChange& change) {
        if (change.is_everything ||
            std::find(change.skus.begin(), change.skus.end(), plan.sku) != change.skus.end()) {
            patched.see(version_of(**inventory, plan) - before, Clock::now());
        }
    });
    std::atomic<bool> is_over{false};
    Told told{plan, before, notified};
    std::thread listening([&] { listen(listener, told, notified, is_over); });
    // The committed times that "many" is judged by are those of `notified`.
    std::thread writing([&] { update(writer, plan, notified); });
    writing.join();
    is_over = true;
    listening.join();
    const auto give_up = Clock::now() + kGiveUp;
    while (!patched.is_complete() && Clock::now() < give_up) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    (*inventory)->stop();
    notified.copy_commits_to(patched);
    std::printf(
        "%s\n",
        json::serialize(json::object{
                            {"patched", summary(patched, plan.updates())},
                            {"notified", summary(notified, plan.updates())},
                        })
            .c_str()
    );
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: latency_bench STORE SKU RATE SECONDS\n");
        return 2;
    }
    run({argv[1], argv[2], std::strtod(argv[3], nullptr), std::strtod(argv[4], nullptr)});
    return 0;
}
