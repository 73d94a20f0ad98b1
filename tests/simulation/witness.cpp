/// witness DATABASE_URL [--no-backstop]
/// Follows a database with the follower and the cache that stockd is made of, and prints each
/// published state whole, one JSON object per line, for the soak's checker (soak/checker.py). Slow
/// readers of its output slow it down, and so make it publish larger steps.
///   {"position":"s1...","sequence":7,"generation":1,"loaded":true,"stale":false,
///    "products":[["SKU","name",pieces_per_pack,packs_per_box,updated_us,
///                 [["STORE",on_hand,reserved,threshold,version,allow_negative,updated_us],...]],
///                ...]}

#include "app/cache_sink.hpp"
#include "app/schema_check.hpp"
#include "observe/log_line.hpp"
#include "source/follower.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>

namespace {

using namespace stockd;
namespace json = boost::json;

constexpr std::size_t kProductsMax = 10'000;
/// Long enough that only notifications wake the follower while a test runs.
constexpr std::chrono::hours kNever{24};

json::array stock_of(const cache::ProductView& product) {
    json::array rows;
    for (std::size_t i = 0; i < product.stock_count(); ++i) {
        const auto row = product.stock(i);
        rows.push_back(json::array{
            std::string(row.store_code),
            row.on_hand,
            row.reserved,
            row.low_stock_threshold,
            row.version,
            row.allow_negative,
            row.updated_at.unix_us});
    }
    return rows;
}

std::string line_of(const cache::Reading& reading, bool stale) {
    json::array products;
    for (const auto& product : reading.page({}, kProductsMax)) {
        products.push_back(json::array{
            std::string(product.sku()),
            std::string(product.name()),
            product.packing().pieces_per_pack,
            product.packing().packs_per_box,
            product.updated_at().unix_us,
            stock_of(product)});
    }
    const auto& state = reading.state();
    json::object line;
    line["position"] = state.loaded ? change::to_string(state.position) : std::string{};
    line["sequence"] = state.sequence;
    line["generation"] = state.generation;
    line["loaded"] = state.loaded;
    line["stale"] = stale;
    line["products"] = std::move(products);
    return json::serialize(line) + '\n';
}

/// Whole lines to stdout; false when nobody reads any more.
bool write_all(std::string_view text) {
    while (!text.empty()) {
        const auto written = write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

source::SourceOptions options_of(const std::string& url, bool without_backstop) {
    source::SourceOptions made;
    made.database_url = url;
    made.name = "witness";
    made.schema_check = app::schema_check();
    made.backoff_max = std::chrono::seconds{2};
    if (without_backstop) {
        made.backstop = std::chrono::milliseconds{0};
        made.canary_every = kNever;
        made.ttl = kNever;
        made.audit_rows_per_s = 0;
        made.expire_every = std::chrono::milliseconds{0};
        made.sync_every = std::chrono::milliseconds{0};
        made.prune_every = std::chrono::milliseconds{0};
    }
    return made;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: witness DATABASE_URL [--no-backstop]\n";
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, nullptr);

    const observe::Observer observer{{[](const observe::Observation& seen) {
        if (observe::level_of(seen) >= observe::Level::kInfo) {
            std::cerr << observe::format_line(
                             observe::line_of(seen), observe::LogFormat::kText, base::now_utc()
                         )
                      << '\n';
        }
    }}};
    cache::Cache cache;
    source::Follower* follower = nullptr;
    app::CacheSink sink{cache, [&](const change::ChangeSet*) {
                            if (!write_all(line_of(cache.read(), follower->freshness().stale))) {
                                kill(getpid(), SIGTERM);
                            }
                        }};
    source::Follower following{
        options_of(argv[1], argc > 2 && std::string{argv[2]} == "--no-backstop"), sink, observer};
    follower = &following;
    following.start();
    int signal = 0;
    sigwait(&ends, &signal);
    following.stop();
    return 0;
}
