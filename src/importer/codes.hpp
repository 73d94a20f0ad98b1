#pragma once

#include "importer/mapper.hpp"
#include "pg/connection.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stockd::importer {

/// A PostgreSQL array of texts; nullopt is NULL.
[[nodiscard]] std::string text_array(const std::vector<std::optional<std::string_view>>& texts);

/// What becomes of codes that the database does not have.
enum class Missing : std::uint8_t {
    kLeft,     ///< nothing: their lines have no key
    kMade,     ///< stores and products of these codes are made
    kCounted,  ///< they are counted as made, and nothing is written: a dry run
};

/// Knows the keys of stores and products by their codes, asking the database for each code once.
/// One thread.
class Codes {
  public:
    explicit Codes(Missing missing)
        : missing_(missing) {}

    /// Sets store_id and product_id of the lines; 0 where the database has no such code and none
    /// may be made, and -1 where one is only counted. The connection must not be in a transaction.
    [[nodiscard]] base::Result<void> resolve(pg::Connection& connection, std::span<Line> lines);

    [[nodiscard]] std::int64_t created_products() const noexcept { return products_.created; }

    [[nodiscard]] std::int64_t created_stores() const noexcept { return stores_.created; }

  private:
    struct TextHash {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    using Ids = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;

    struct Kind {
        Field code;
        Field name;
        const char* insert_sql;
        const char* select_sql;
        std::int64_t Line::*id;
        Ids ids;
        std::int64_t created = 0;
    };

    [[nodiscard]] base::Result<void> resolve(
        pg::Connection& connection, std::span<Line> lines, Kind& kind
    ) const;
    [[nodiscard]] base::Result<void> create(
        pg::Connection& connection, const std::vector<const Line*>& unknown, Kind& kind
    ) const;

    Missing missing_;
    Kind stores_{
        Field::kStore,
        Field::kStoreName,
        "insert into inventory.stores (code, name) "
        "select r.code, coalesce(r.name, r.code) from unnest($1::text[], $2::text[]) as r (code, "
        "name) "
        "order by r.code collate \"C\" on conflict (code) do nothing",
        "select s.code, s.store_id from inventory.stores as s where s.code = any ($1::text[])",
        &Line::store_id,
        {},
        0};
    Kind products_{
        Field::kSku,
        Field::kName,
        "insert into inventory.products (sku, name) "
        "select r.sku, coalesce(r.name, r.sku) from unnest($1::text[], $2::text[]) as r (sku, "
        "name) "
        "order by r.sku collate \"C\" on conflict (sku) do nothing",
        "select p.sku, p.product_id from inventory.products as p where p.sku = any ($1::text[])",
        &Line::product_id,
        {},
        0};
};

}  // namespace stockd::importer
