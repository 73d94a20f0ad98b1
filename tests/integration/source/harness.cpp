#include "harness.hpp"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace stockd::source::test {

namespace {

std::string base_url() {
    const char* url = std::getenv("STOCKD_TEST_DATABASE_URL");
    if (url == nullptr) {
        throw std::runtime_error(
            "run this through with_cluster: STOCKD_TEST_DATABASE_URL is not set"
        );
    }
    return url;
}

/// The same server, another database.
std::string with_database(const std::string& url, const std::string& name) {
    // Key=value form is appended to; in a URL the path is replaced.
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) {
        return url + " dbname=" + name;
    }
    const auto path = url.find('/', scheme + 3);
    const auto query = url.find('?');
    const auto rest = query == std::string::npos ? std::string{} : url.substr(query);
    const auto authority = url.substr(0, std::min(path, query));
    return authority + '/' + name + rest;
}

std::int64_t number(const pg::Rows& rows, int row, int column) {
    return rows.integer(row, column);
}

}  // namespace

Db::Db(const std::string& url)
    : connection_(pg::Connection::connect(url, "test").value()) {}

pg::Rows Db::run(const std::string& sql, const std::vector<pg::Param>& params) {
    auto rows = connection_.exec(sql, params);
    if (!rows) {
        throw base::ErrorException(rows.error());
    }
    return std::move(*rows);
}

std::string Db::value(const std::string& sql, const std::vector<pg::Param>& params) {
    const auto rows = run(sql, params);
    return rows.size() == 0 ? std::string{} : std::string(rows.text(0, 0));
}

Database::Database() {
    static std::atomic<int> number{0};
    name_ = "source_test_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
    const auto name = Db{base_url()}.value("select current_database()");
    Db maintenance{with_database(base_url(), "postgres")};
    // A template must have no session, and the one that just ended may still be there for a moment.
    const bool made = eventually([&] {
        return maintenance.connection()
            .exec("create database " + name_ + " template " + name)
            .has_value();
    });
    if (!made) {
        throw std::runtime_error("cannot make a database for the test");
    }
    url_ = with_database(base_url(), name_);
}

Database::~Database() {
    try {
        Db maintenance{with_database(base_url(), "postgres")};
        maintenance.run("drop database if exists " + name_ + " with (force)");
    } catch (const std::exception& error) {
        std::cerr << "left behind: " << name_ << ": " << error.what() << '\n';
    }
}

void Database::seed(int stores, int products) const {
    Db db{url_};
    db.run(
        "insert into inventory.stores (code, name) select 'S' || i, 'Store ' || i from "
        "generate_series(1, $1::int) i",
        {std::to_string(stores)}
    );
    db.run(
        "insert into inventory.products (sku, name) select 'P' || i, 'Product ' || i from "
        "generate_series(1, $1::int) i",
        {std::to_string(products)}
    );
    db.run(
        "insert into inventory.inventory_stock (store_id, product_id, on_hand) "
        "select s.store_id, p.product_id, 100 from inventory.stores s, inventory.products p"
    );
}

void Database::cut_followers(const std::string& which) const {
    Db db{url_};
    db.run(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and application_name like $1 and pid <> "
        "pg_backend_pid()",
        {which}
    );
}

void MapSink::Rows::add_store(change::StoreRow row) {
    const auto id = row.store.value;
    copy.stores[id] = std::move(row);
}

void MapSink::Rows::add_product(change::ProductRow row) {
    const auto id = row.product.value;
    copy.products[id] = std::move(row);
}

void MapSink::Rows::add_stock(const change::StockRow& row) {
    if (hook) {
        hook();
    }
    copy.stock[{row.store.value, row.product.value}] = row;
}

change::LoadSink& MapSink::begin_load() {
    if (loading_) {
        throw std::logic_error("a load begins while another one runs");
    }
    loading_ = std::make_unique<Rows>();
    loading_->hook = during_load;
    return *loading_;
}

void MapSink::finish_load(const change::Position& /*loaded_at*/, const change::ChangeSet& newer) {
    {
        const std::lock_guard lock{mutex_};
        if (as_read) {
            as_read(loading_->copy);
        }
        copy_ = std::move(loading_->copy);
        copy_.loaded = true;
        patch(copy_, newer);
        ++loads_;
        loading_.reset();
    }
    if (after_load) {
        after_load();
    }
}

void MapSink::abandon_load() {
    loading_.reset();
}

void MapSink::apply(const change::ChangeSet& changes) {
    const std::lock_guard lock{mutex_};
    if (copy_.position.incarnation != changes.position.incarnation ||
        changes.position.snapshot.xmax < copy_.position.snapshot.xmax) {
        std::cerr << "the position went back\n";
        std::abort();
    }
    patch(copy_, changes);
}

void MapSink::clear() {
    const std::lock_guard lock{mutex_};
    copy_ = Copy{};
}

void MapSink::patch(Copy& copy, const change::ChangeSet& changes) {
    for (const auto& change : changes.stores) {
        if (change.now) {
            copy.stores[change.store.value] = *change.now;
        } else {
            copy.stores.erase(change.store.value);
        }
    }
    for (const auto& change : changes.products) {
        if (change.now) {
            copy.products[change.product.value] = *change.now;
        } else {
            copy.products.erase(change.product.value);
        }
    }
    for (const auto& change : changes.stock) {
        const Key key{change.store.value, change.product.value};
        if (change.now) {
            copy.stock[key] = *change.now;
        } else {
            copy.stock.erase(key);
        }
    }
    copy.position = changes.position;
}

std::vector<observe::DriftHealed> MapSink::audit(const AuditSlice& slice) {
    const std::lock_guard lock{mutex_};
    std::vector<observe::DriftHealed> drifts;
    std::map<Key, change::StockRow> actual;
    for (const auto& row : slice.stock) {
        actual[{row.store.value, row.product.value}] = row;
    }
    for (auto it = copy_.stock.begin(); it != copy_.stock.end();) {
        const auto product = it->second.product;
        const bool outside = product < slice.first || slice.last < product;
        const auto found = actual.find(it->first);
        if (outside) {
            ++it;
        } else if (found == actual.end()) {
            drifts.push_back(
                {"stock",
                 std::to_string(it->first.first),
                 std::to_string(it->first.second),
                 "a row",
                 "none"}
            );
            it = copy_.stock.erase(it);
        } else {
            ++it;
        }
    }
    for (const auto& [key, row] : actual) {
        const auto held = copy_.stock.find(key);
        if (held == copy_.stock.end() || !(held->second == row)) {
            drifts.push_back(
                {"stock",
                 std::to_string(key.first),
                 std::to_string(key.second),
                 held == copy_.stock.end() ? "none" : std::to_string(held->second.on_hand),
                 std::to_string(row.on_hand)}
            );
            copy_.stock[key] = row;
        }
    }
    for (const auto& row : slice.products) {
        auto& held = copy_.products[row.product.value];
        if (!(held == row)) {
            drifts.push_back({"product", "", row.sku, held.name, row.name});
            held = row;
        }
    }
    if (slice.stores) {
        for (const auto& row : *slice.stores) {
            auto& held = copy_.stores[row.store.value];
            if (!(held == row)) {
                drifts.push_back({"store", row.code, "", held.name, row.name});
                held = row;
            }
        }
    }
    return drifts;
}

Counts MapSink::counts() {
    const std::lock_guard lock{mutex_};
    return {
        static_cast<std::int64_t>(copy_.products.size()),
        static_cast<std::int64_t>(copy_.stores.size()),
        static_cast<std::int64_t>(copy_.stock.size())};
}

std::optional<std::string> MapSink::sku_of(base::ProductId product) {
    const std::lock_guard lock{mutex_};
    const auto found = copy_.products.find(product.value);
    return found == copy_.products.end() ? std::nullopt : std::optional{found->second.sku};
}

std::optional<std::string> MapSink::store_code_of(base::StoreId store) {
    const std::lock_guard lock{mutex_};
    const auto found = copy_.stores.find(store.value);
    return found == copy_.stores.end() ? std::nullopt : std::optional{found->second.code};
}

Copy MapSink::copy() const {
    const std::lock_guard lock{mutex_};
    return copy_;
}

std::int64_t MapSink::on_hand(std::int64_t store, std::int64_t product) const {
    const std::lock_guard lock{mutex_};
    const auto found = copy_.stock.find({store, product});
    return found == copy_.stock.end() ? -1 : found->second.on_hand;
}

int MapSink::loads() const {
    const std::lock_guard lock{mutex_};
    return loads_;
}

Copy tables(Db& db) {
    Copy copy;
    const auto stock = db.run(
        "select store_id, product_id, on_hand, reserved, low_stock_threshold, version, "
        "(extract(epoch from updated_at) * 1000000)::bigint, allow_negative from "
        "inventory.inventory_stock"
    );
    for (int i = 0; i < stock.size(); ++i) {
        copy.stock[{number(stock, i, 0), number(stock, i, 1)}] = {
            {number(stock, i, 0)},
            {number(stock, i, 1)},
            number(stock, i, 2),
            number(stock, i, 3),
            number(stock, i, 4),
            number(stock, i, 5),
            {number(stock, i, 6)},
            stock.boolean(i, 7)};
    }
    const auto products = db.run(
        "select product_id, sku, name, pieces_per_pack, packs_per_box, "
        "(extract(epoch from updated_at) * 1000000)::bigint, active from inventory.products"
    );
    for (int i = 0; i < products.size(); ++i) {
        copy.products[number(products, i, 0)] = {
            {number(products, i, 0)},
            std::string(products.text(i, 1)),
            std::string(products.text(i, 2)),
            number(products, i, 3),
            number(products, i, 4),
            {number(products, i, 5)},
            products.boolean(i, 6)};
    }
    const auto stores = db.run("select store_id, code, name, active from inventory.stores");
    for (int i = 0; i < stores.size(); ++i) {
        copy.stores[number(stores, i, 0)] = {
            {number(stores, i, 0)},
            std::string(stores.text(i, 1)),
            std::string(stores.text(i, 2)),
            stores.boolean(i, 3)};
    }
    return copy;
}

bool same_rows(const Copy& a, const Copy& b) {
    return a.stock == b.stock && a.products == b.products && a.stores == b.stores;
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    for (;;) {
        if (condition()) {
            return true;
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
}

void FreezingSink::apply(const change::ChangeSet& changes) {
    if (freeze_.exchange(false)) {
        frozen_ = true;
        (void)eventually([&] { return thawed_.load(); }, 20s);
    }
    MapSink::apply(changes);
}

SourceOptions options_for(const Database& database) {
    SourceOptions options;
    options.database_url = database.url();
    options.backoff_min = 10ms;
    options.backoff_max = 200ms;
    options.election_every = 50ms;
    options.canary_every = 200ms;
    options.audit_rows_per_s = 0;
    options.expire_every = 0ms;
    options.sync_every = 0ms;
    options.prune_every = 0ms;
    options.fold_every = 0ms;
    options.read_alone_blocks = 1;  // a load of any table takes two connections
    return options;
}

SourceOptions only_notifications(const Database& database) {
    auto options = options_for(database);
    options.backstop = 0ms;
    options.canary_every = 0ms;
    options.stale_after = 0ms;
    return options;
}

Running::Running(SourceOptions options, std::function<void(MapSink&)> prepare)
    : follower(
          std::move(options),
          sink,
          observe::Observer{{[this](const observe::Observation& observation) {
              const std::lock_guard lock{mutex};
              if (!std::holds_alternative<observe::Drained>(observation)) {
                  observations.push_back(observation);
              }
              if (std::getenv("STOCKD_TEST_VERBOSE") != nullptr) {
                  const auto* moved = std::get_if<observe::StateChanged>(&observation);
                  const auto* failed = std::get_if<observe::DatabaseFailed>(&observation);
                  if (moved != nullptr) {
                      std::cerr << moved->from << " -> " << moved->to << ": " << moved->reason
                                << '\n';
                  } else if (failed != nullptr) {
                      std::cerr << "failed during " << failed->during << ": " << failed->error
                                << '\n';
                  }
              }
          }}}
      ) {
    if (prepare) {
        prepare(sink);
    }
    follower.start();
}

Running::~Running() {
    follower.stop();
}

bool Running::live() const {
    const auto status = follower.status();
    return status.state == State::kLive && status.not_ready.empty();
}

bool Running::becomes_live() const {
    return eventually([this] { return live(); });
}

bool Running::becomes_relay() const {
    return eventually([this] { return live() && follower.status().is_relay; });
}

base::Result<void> outcome_of(
    const std::function<void(Follower::Completion)>& call, std::chrono::milliseconds within
) {
    auto promise = std::make_shared<std::promise<base::Result<void>>>();
    auto future = promise->get_future();
    call([promise](base::Result<void> result) { promise->set_value(std::move(result)); });
    if (future.wait_for(within) != std::future_status::ready) {
        return base::Error{base::ErrorCode::kInternal, "the completion did not come", {}, {}, {}};
    }
    return future.get();
}

}  // namespace stockd::source::test
