#pragma once

#include "change/change.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stockd::source {

/// What NOTIFY inventory_changes says of one batch.
struct Broadcast {
    std::string json;
    std::int64_t changes = 0;
    /// Not listed: too many, or a code is not known any more.
    bool many = false;
};

/// Codes as the copy has them before the batch is applied.
struct CodeLookup {
    std::function<std::optional<std::string>(base::ProductId)> sku_of;
    std::function<std::optional<std::string>(base::StoreId)> store_code_of;
};

/// {"position": hash, "changes": [{"sku", "store", "version"} | {"sku"} | {"store"}]}; a deleted
/// stock row has version null. {"position": hash, "many": true} when that would not fit into a
/// notification.
[[nodiscard]] Broadcast make_broadcast(const change::ChangeSet& changes, const CodeLookup& codes);
/// The same without a list: look for yourself.
[[nodiscard]] Broadcast make_many(const change::Position& position, std::int64_t changes);

/// NOTIFY refuses 8000 bytes and more (async.c: BLCKSZ - NAMEDATALEN - 128).
constexpr std::size_t kPayloadBytesMax = 7999;

}  // namespace stockd::source
