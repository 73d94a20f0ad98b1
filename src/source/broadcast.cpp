#include "source/broadcast.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace stockd::source {

namespace {

std::string quoted(std::string_view text) {
    return boost::json::serialize(boost::json::string(text.data(), text.size()));
}

std::string opening(const change::Position& position) {
    return R"({"position":")" + change::short_hash(position) + '"';
}

std::int64_t count_of(const change::ChangeSet& changes) {
    return static_cast<std::int64_t>(
        changes.stock.size() + changes.products.size() + changes.stores.size()
    );
}

/// Adds entries until one is not known or the payload is full.
class Writer {
  public:
    explicit Writer(std::string opened)
        : json_(std::move(opened)) {
        json_ += R"(,"changes":[)";
    }

    [[nodiscard]] bool add(std::string_view entry) {
        constexpr std::size_t kClosing = 2;
        if (json_.size() + entry.size() + 1 + kClosing > kPayloadBytesMax) {
            return false;
        }
        if (json_.back() != '[') {
            json_ += ',';
        }
        json_ += entry;
        return true;
    }

    [[nodiscard]] std::string close() && { return std::move(json_) + "]}"; }

  private:
    std::string json_;
};

/// Of a new or renamed product the batch itself knows the sku; of a deleted one only the copy.
std::optional<std::string> sku_of(
    base::ProductId product, const change::ChangeSet& changes, const CodeLookup& codes
) {
    for (const auto& changed : changes.products) {
        if (changed.product == product && changed.now) {
            return changed.now->sku;
        }
    }
    return codes.sku_of(product);
}

std::optional<std::string> store_code_of(
    base::StoreId store, const change::ChangeSet& changes, const CodeLookup& codes
) {
    for (const auto& changed : changes.stores) {
        if (changed.store == store && changed.now) {
            return changed.now->code;
        }
    }
    return codes.store_code_of(store);
}

bool add_all(Writer& writer, const change::ChangeSet& changes, const CodeLookup& codes) {
    for (const auto& stock : changes.stock) {
        const auto sku = sku_of(stock.product, changes, codes);
        const auto store = store_code_of(stock.store, changes, codes);
        if (!sku || !store) {
            return false;
        }
        const std::string version = stock.now ? std::to_string(stock.now->version) : "null";
        if (!writer.add(
                R"({"sku":)" + quoted(*sku) + R"(,"store":)" + quoted(*store) + R"(,"version":)" +
                version + '}'
            )) {
            return false;
        }
    }
    for (const auto& product : changes.products) {
        const auto sku = sku_of(product.product, changes, codes);
        if (!sku || !writer.add(R"({"sku":)" + quoted(*sku) + '}')) {
            return false;
        }
    }
    for (const auto& store : changes.stores) {
        const auto code = store_code_of(store.store, changes, codes);
        if (!code || !writer.add(R"({"store":)" + quoted(*code) + '}')) {
            return false;
        }
    }
    return true;
}

}  // namespace

Broadcast make_many(const change::Position& position, std::int64_t changes) {
    return {opening(position) + R"(,"many":true})", changes, true};
}

Broadcast make_broadcast(const change::ChangeSet& changes, const CodeLookup& codes) {
    const auto count = count_of(changes);
    // No entry is shorter than 14 bytes: do not look up what cannot fit.
    constexpr std::int64_t kEntriesMax = 570;
    Writer writer{opening(changes.position)};
    if (count > kEntriesMax || !add_all(writer, changes, codes)) {
        return make_many(changes.position, count);
    }
    return {std::move(writer).close(), count, false};
}

}  // namespace stockd::source
