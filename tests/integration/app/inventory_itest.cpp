// The in-process facade against a real database.
#include "app/inventory.hpp"
#include "cache/cache.hpp"
#include "pg/connection.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

using namespace stockd;
using namespace std::chrono_literals;

namespace {

std::string database_url() {
    return std::getenv("STOCKD_TEST_DATABASE_URL");  // NOLINT(concurrency-mt-unsafe)
}

/// A connection as the owner of everything; a failed statement fails the test.
class Writer {
  public:
    Writer()
        : connection_(pg::Connection::connect(database_url(), "writer").value()) {}

    pg::Rows exec(const std::string& sql) {
        auto rows = connection_.exec(sql);
        INFO(sql);
        if (!rows) {
            FAIL(base::describe(rows.error()));
        }
        return std::move(*rows);
    }

    /// Runs a statement and gives the ticket of its transaction.
    std::uint64_t exec_with_ticket(const std::string& sql) {
        exec("begin");
        exec(sql);
        const auto rows = exec("select inventory.ticket()");
        exec("commit");
        return static_cast<std::uint64_t>(rows.integer(0, 0));
    }

  private:
    pg::Connection connection_;
};

/// Two stores; TEA (10 in a pack, 6 packs in a box) in both, JAM nowhere.
void make_shop(Writer& writer) {
    writer.exec("delete from inventory.inventory_stock");
    writer.exec("delete from inventory.products");
    writer.exec("delete from inventory.stores");
    writer.exec("insert into inventory.stores (code, name) values ('A', 'First'), ('B', 'Second')");
    writer.exec(
        "insert into inventory.products (sku, name, pieces_per_pack, packs_per_box) "
        "values ('TEA', 'Tea', 10, 6), ('JAM', 'Jam', 1, 1)"
    );
    writer.exec(
        "insert into inventory.inventory_stock (store_id, product_id, on_hand) "
        "select store_id, product_id, case code when 'A' then 100 else 25 end "
        "from inventory.stores, inventory.products where sku = 'TEA'"
    );
}

std::unique_ptr<Inventory> connect(InventoryOptions options = {}) {
    options.database_url = database_url();
    auto inventory = Inventory::connect(std::move(options));
    if (!inventory) {
        FAIL(base::describe(inventory.error()));
    }
    return std::move(*inventory);
}

template <class Condition>
bool within(std::chrono::seconds time, const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

/// What a callback was told: skus, and "everything".
class Told {
  public:
    void add(const InventoryChange& change) {
        const std::lock_guard lock{mutex_};
        told_.insert(change.skus.begin(), change.skus.end());
        if (change.is_everything) {
            told_.insert("everything");
        }
    }

    bool has(const std::string& what) {
        const std::lock_guard lock{mutex_};
        return told_.contains(what);
    }

    InventoryOptions options() {
        InventoryOptions made;
        made.on_change = [this](const InventoryChange& change) { add(change); };
        return made;
    }

  private:
    std::mutex mutex_;
    std::set<std::string> told_;
};

}  // namespace

TEST_CASE("inventory: reads give what the database holds", "[inventory]") {
    Writer writer;
    make_shop(writer);
    const auto inventory = connect();

    const auto answer = inventory->get_inventory("TEA").value();
    CHECK(answer.position == inventory->cache_stats().position);
    CHECK_FALSE(answer.position.empty());
    CHECK_FALSE(answer.is_stale);
    const auto& tea = answer.value;
    REQUIRE(tea.has_value());
    CHECK(tea->product_name == "Tea");
    CHECK(tea->total_pieces == 125);
    CHECK(tea->available_boxes == 2);
    CHECK(tea->available_packs == 0);
    CHECK(tea->available_pieces == 5);
    REQUIRE(tea->stores.size() == 2);
    CHECK(tea->stores[0].store == "A");
    CHECK(tea->stores[1].on_hand == 25);

    const auto in_b = inventory->get_inventory("TEA", "B").value().value;
    REQUIRE(in_b.has_value());
    CHECK(in_b->total_pieces == 25);
    CHECK(in_b->stores.size() == 1);

    CHECK_FALSE(inventory->get_inventory("none").value().value.has_value());
    CHECK_FALSE(inventory->get_inventory("TEA", "none").value().value.has_value());

    const auto some = inventory->get_inventory_map({"TEA", "none", "JAM"}).value().value;
    CHECK(some.size() == 2);
    CHECK(some.at("JAM").total_pieces == 0);
    CHECK(inventory->get_all_inventory().value().value.size() == 2);

    CHECK(inventory->has_stock("TEA", 2, base::Unit::kBox).value().value);
    CHECK_FALSE(inventory->has_stock("TEA", 3, base::Unit::kBox).value().value);
    CHECK_FALSE(inventory->has_stock("TEA", 26, base::Unit::kPiece, "B").value().value);
    CHECK_FALSE(inventory->has_stock("none", 1).value().value);

    const auto stats = inventory->cache_stats();
    CHECK(stats.is_cached);
    CHECK_FALSE(stats.is_stale);
    CHECK(stats.product_count == 2);
    CHECK(stats.drift == 0);
    CHECK(stats.last_refresh.has_value());
}

TEST_CASE("inventory: a change made in SQL is seen after its ticket, and told", "[inventory]") {
    Writer writer;
    make_shop(writer);
    const auto inventory = connect();
    std::mutex mutex;
    std::set<std::string> told;
    inventory->follow([&](const InventoryChange& change) {
        const std::lock_guard lock{mutex};
        // A read inside the callback works, and sees what is told.
        for (const auto& sku : change.skus) {
            const auto product = inventory->get_inventory(sku);
            if (product && product->value) {
                told.insert(sku + " " + std::to_string(product->value->total_pieces));
            }
        }
    });

    const auto ticket = writer.exec_with_ticket(
        "update inventory.inventory_stock set on_hand = on_hand - 5 where on_hand = 100"
    );
    REQUIRE(inventory->wait_for_ticket(ticket, 10s).has_value());
    CHECK(inventory->get_inventory("TEA").value().value->total_pieces == 120);
    CHECK(within(10s, [&] {
        const std::lock_guard lock{mutex};
        return told.contains("TEA 120");
    }));

    const auto future = inventory->wait_for_ticket(ticket + 1'000'000, 10s);
    REQUIRE_FALSE(future.has_value());
    CHECK(future.error().code == base::ErrorCode::kInvalidArgument);
}

TEST_CASE("inventory: refresh reloads, clear empties and the next read loads", "[inventory]") {
    Writer writer;
    make_shop(writer);
    const auto inventory = connect();
    const auto generation = inventory->cache().read().state().generation;
    const auto report = inventory->refresh();
    REQUIRE(report.has_value());
    CHECK(report->products == 2);
    CHECK(inventory->cache().read().state().generation == generation + 1);

    REQUIRE(inventory->clear().has_value());
    CHECK(inventory->get_inventory("TEA").value().value->total_pieces == 125);
    CHECK(inventory->cache_stats().is_cached);
    CHECK(inventory->cache().read().state().generation >= generation + 2);
}

TEST_CASE(
    "inventory: nothing loaded is never an answer, however often it is cleared", "[inventory]"
) {
    Writer writer;
    make_shop(writer);
    InventoryOptions options;
    options.wait = 2s;
    const auto inventory = connect(options);
    std::atomic<bool> over{false};
    std::thread clearing{[&] {
        for (int i = 0; i < 300; ++i) {
            // At once after each load: between a reader's wait and its second look.
            (void)within(10s, [&] { return inventory->cache().read().state().loaded; });
            (void)inventory->clear();
        }
        over = true;
    }};
    int wrong = 0;
    while (!over) {
        const auto answer = inventory->get_inventory("TEA");
        wrong += answer && !answer->value ? 1 : 0;
    }
    clearing.join();
    CHECK(wrong == 0);
}

TEST_CASE("inventory: what is deleted or renamed is told by the sku that it had", "[inventory]") {
    Writer writer;
    make_shop(writer);
    Told told;
    const auto inventory = connect(told.options());
    CHECK(within(10s, [&] { return told.has("everything"); }));  // the first load
    writer.exec("delete from inventory.products where sku = 'JAM'");
    CHECK(within(10s, [&] { return told.has("JAM"); }));
    writer.exec("update inventory.products set sku = 'TEA-2' where sku = 'TEA'");
    CHECK(within(10s, [&] { return told.has("TEA") && told.has("TEA-2"); }));
    CHECK_FALSE(inventory->get_inventory("JAM").value().value.has_value());
    CHECK_FALSE(inventory->get_inventory("TEA").value().value.has_value());
}

TEST_CASE(
    "inventory: what a callback throws is logged, and no reason to load again", "[inventory]"
) {
    Writer writer;
    make_shop(writer);
    Told told;
    auto options = told.options();
    options.on_change = [&told](const InventoryChange& change) {
        told.add(change);
        if (!change.is_everything) {
            throw std::runtime_error("of the callback");
        }
    };
    std::mutex mutex;
    std::string log;
    options.log = [&](const std::string& line) {
        const std::lock_guard lock{mutex};
        log += line;
    };
    const auto inventory = connect(options);
    const auto generation = inventory->cache().read().state().generation;
    for (const auto* sku : {"TEA", "JAM"}) {
        writer.exec(
            std::string("update inventory.products set name = 'x' where sku = '") + sku + "'"
        );
        CHECK(within(10s, [&] { return told.has(sku); }));
    }
    CHECK(inventory->cache().read().state().generation == generation);
    const auto ticket = writer.exec_with_ticket("update inventory.products set name = 'y'");
    CHECK(inventory->wait_for_ticket(ticket, 10s).has_value());
    CHECK(inventory->cache().read().state().generation == generation);
    const std::lock_guard lock{mutex};
    CHECK_THAT(log, Catch::Contains("of the callback"));
}

TEST_CASE(
    "inventory: a read in the callback of a clear says so instead of waiting", "[inventory]"
) {
    Writer writer;
    make_shop(writer);
    const auto inventory = connect();
    std::mutex mutex;
    std::optional<base::ErrorCode> seen;
    inventory->follow([&](const InventoryChange& change) {
        const auto product = inventory->get_inventory("TEA");
        const std::lock_guard lock{mutex};
        if (change.is_everything && !product && !seen) {
            seen = product.error().code;
        }
    });
    CHECK(inventory->clear().has_value());
    CHECK(within(10s, [&] {
        const std::lock_guard lock{mutex};
        return seen == base::ErrorCode::kUnavailable;
    }));
    inventory->follow({});
    CHECK(inventory->get_inventory("TEA").value().value.has_value());
}

TEST_CASE(
    "inventory: a database that cannot be followed is an error with its reason", "[inventory]"
) {
    InventoryOptions options;
    options.wait = 2s;
    SECTION("nobody there") {
        options.database_url = "postgresql://127.0.0.1:1/none";
        const auto inventory = Inventory::connect(options);
        REQUIRE_FALSE(inventory.has_value());
        CHECK(inventory.error().code == base::ErrorCode::kUnavailable);
        CHECK_THAT(base::describe(inventory.error()), Catch::Contains("127.0.0.1"));
    }
    SECTION("a URL that cannot be read is not waited for") {
        options.wait = 24h;
        options.database_url = "postgresql://h:port/none";
        const auto inventory = Inventory::connect(options);
        REQUIRE_FALSE(inventory.has_value());
        CHECK(inventory.error().code == base::ErrorCode::kInvalidArgument);
    }
    SECTION("a login without rights") {
        options.wait = 24h;
        Writer writer;
        writer.exec("drop role if exists stranger");
        writer.exec("create role stranger login");
        options.database_url = database_url() + "&user=stranger";
        const auto inventory = Inventory::connect(options);
        writer.exec("drop role stranger");
        REQUIRE_FALSE(inventory.has_value());
        CHECK(inventory.error().code == base::ErrorCode::kPermissionDenied);
        CHECK_THAT(inventory.error().hint, Catch::Contains("inventory_daemon"));
    }
    SECTION("no schema") {
        options.database_url = database_url() + "&dbname=postgres";
        const auto inventory = Inventory::connect(options);
        REQUIRE_FALSE(inventory.has_value());
        CHECK(inventory.error().code == base::ErrorCode::kSchemaMismatch);
        CHECK_THAT(base::describe(inventory.error()), Catch::Contains("schema inventory"));
    }
}

TEST_CASE("inventory: after stop, reads give the old copy and waits end", "[inventory]") {
    Writer writer;
    make_shop(writer);
    const auto inventory = connect();
    inventory->stop();
    CHECK(inventory->get_inventory("TEA").value().value->total_pieces == 125);
    CHECK(inventory->cache_stats().is_stale);
    CHECK_FALSE(inventory->wait_for_ticket(3, 10s).has_value());
    CHECK_FALSE(inventory->refresh().has_value());
}
