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
    void push(std::string sku) {
        {
            const std::lock_guard lock{mutex_};
            skus_.push_back(std::move(sku));
        }
        arrived_.notify_one();
    }

    std::string pop() {
        std::unique_lock lock{mutex_};
        arrived_.wait(lock, [this] { return !skus_.empty(); });
        auto sku = std::move(skus_.front());
        skus_.pop_front();
        return sku;
    }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::string> skus_;
};

}  // namespace

int main(int argc, char** argv) {
    stockd::InventoryOptions options;
    options.database_url = argc > 1 ? argv[1] : "";  // else psql's environment variables
    options.name = "follow example";

    const auto connected = stockd::Inventory::connect(options);
    if (!connected) {
        std::cerr << connected.error() << "\n";
        return 1;
    }
    auto& inventory = **connected;

    Queue changed;
    inventory.follow([&changed](const stockd::InventoryChange& change) {
        for (const auto& sku : change.skus) {
            changed.push(sku);
        }
    });
    std::cout << "following " << inventory.cache_stats().product_count << " products" << std::endl;

    while (true) {
        const auto sku = changed.pop();
        const auto product = inventory.get_inventory(sku);
        if (!product) {
            std::cerr << product.error() << "\n";
        } else if (!*product) {
            std::cout << sku << ": gone" << std::endl;
        } else {
            std::cout << sku << ": " << (*product)->total_pieces << " pieces, "
                      << (*product)->available_total << " available" << std::endl;
        }
    }
}
