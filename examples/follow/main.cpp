// Connects to an inventory database, follows it, and prints each product whose stock has changed.

#include <app/inventory.hpp>

#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>

namespace {

/// Hands changes from the follow thread, which must be quick, to this program's own.
class Queue {
  public:
    void push(const stockd::InventoryChange& change) {
        {
            const std::lock_guard lock{mutex_};
            changes_.push_back(change);
        }
        arrived_.notify_one();
    }

    stockd::InventoryChange pop() {
        std::unique_lock lock{mutex_};
        arrived_.wait(lock, [this] { return !changes_.empty(); });
        auto change = std::move(changes_.front());
        changes_.pop_front();
        return change;
    }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<stockd::InventoryChange> changes_;
};

void print(const stockd::ProductInventory& product) {
    std::cout << product.product_id << ": " << product.total_pieces << " pieces, "
              << product.available_total << " available" << std::endl;
}

/// A load or a clear: any product may have changed, so all of them are printed.
void print_everything(stockd::Inventory& inventory) {
    const auto all = inventory.get_all_inventory();
    if (!all) {
        std::cerr << all.error() << "\n";
        return;
    }
    for (const auto& [sku, product] : all->value) {
        print(product);
    }
}

void print_one(stockd::Inventory& inventory, const std::string& sku) {
    const auto product = inventory.get_inventory(sku);
    if (!product) {
        std::cerr << product.error() << "\n";
    } else if (!product->value) {
        std::cout << sku << ": gone" << std::endl;
    } else {
        print(*product->value);
    }
}

}  // namespace

int main(int argc, char** argv) {
    // Before the inventory, which calls back into it until it is gone.
    Queue changed;

    stockd::InventoryOptions options;
    options.database_url = argc > 1 ? argv[1] : "";  // else psql's environment variables
    options.name = "follow example";
    options.on_change = [&changed](const stockd::InventoryChange& change) { changed.push(change); };

    const auto connected = stockd::Inventory::connect(options);
    if (!connected) {
        std::cerr << connected.error() << "\n";
        return 1;
    }
    auto& inventory = **connected;
    std::cout << "following " << inventory.cache_stats().product_count << " products" << std::endl;

    while (true) {
        const auto change = changed.pop();
        if (change.is_everything) {
            print_everything(inventory);
        }
        for (const auto& sku : change.skus) {
            print_one(inventory, sku);
        }
    }
}
