#include "importer/catalog.hpp"

#include "importer/codes.hpp"
#include "importer/values.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

namespace stockd::importer {

namespace {

constexpr std::string_view kPathSeparator = " > ";

/// A column of products or stores. `fresh` is what a new row gets where the file is silent; r is
/// the line.
struct Column {
    Field field;
    const char* name;
    const char* value;  ///< expression over r
    const char* fresh;
};

constexpr std::array<Column, 13> kProductColumns{{
    {Field::kSku, "sku", "r.sku", nullptr},
    {Field::kName, "name", "r.name", "r.sku"},
    {Field::kDescription, "description", "r.description", "null"},
    {Field::kVendor,
     "vendor_id",
     "(select v.vendor_id from inventory.vendors as v where v.code = r.vendor)",
     "null"},
    {Field::kCategory,
     "category_id",
     "(select c.category_id from inventory.categories as c where c.code = r.category)",
     "null"},
    {Field::kBasePrice, "base_price", "r.base_price::numeric", "null"},
    {Field::kAvailability, "availability", "r.availability", "'available'"},
    {Field::kBaseUnit, "base_unit", "r.base_unit", "'piece'"},
    {Field::kPiecesPerPack, "pieces_per_pack", "r.pieces_per_pack::bigint", "1"},
    {Field::kPacksPerBox, "packs_per_box", "r.packs_per_box::bigint", "1"},
    {Field::kLowStockThreshold, "low_stock_threshold", "r.low_stock_threshold::bigint", "null"},
    {Field::kAllowNegative, "allow_negative", "r.allow_negative::boolean", "null"},
    {Field::kActive, "active", "r.active::boolean", "true"},
}};

constexpr std::array<Column, 7> kStoreColumns{{
    {Field::kStore, "code", "r.store", nullptr},
    {Field::kName, "name", "r.name", "r.store"},
    {Field::kCurrency, "currency", "r.currency", "'EUR'"},
    {Field::kTimeZone, "time_zone", "r.time_zone", "'UTC'"},
    {Field::kLowStockThreshold, "low_stock_threshold", "r.low_stock_threshold::bigint", "0"},
    {Field::kAllowNegative, "allow_negative", "r.allow_negative::boolean", "false"},
    {Field::kActive, "active", "r.active::boolean", "true"},
}};

std::span<const Column> columns_of(Target target) {
    return target == Target::kProducts ? std::span<const Column>(kProductColumns)
                                       : std::span<const Column>(kStoreColumns);
}

/// "Food", "Food > Produce", ... of "Food > Produce > Nuts": every group that the path passes
/// through.
std::vector<std::string> prefixes(const std::string& path) {
    std::vector<std::string> found;
    for (auto at = path.find(kPathSeparator); at != std::string::npos;
         at = path.find(kPathSeparator, at + 1)) {
        found.push_back(path.substr(0, at));
    }
    found.push_back(path);
    return found;
}

}  // namespace

CatalogApplier::CatalogApplier(const Spec& spec, const Mapper& mapper, ImportKey key)
    : spec_(spec),
      key_(std::move(key)) {
    build_sql(mapper);
}

/// Names of tables, columns and expressions are this file's constants; every value is a parameter.
void CatalogApplier::build_sql(const Mapper& mapper) {
    const bool is_product = spec_.target == Target::kProducts;
    const std::string table = is_product ? "inventory.products" : "inventory.stores";
    const std::string code = is_product ? "sku" : "code";
    std::string names;
    std::string parameters;
    std::string into;
    std::string fresh;
    std::string set;
    std::string differs;
    for (const auto& column : columns_of(spec_.target)) {
        if (!mapper.uses(column.field)) {
            if (column.fresh != nullptr && column.name == std::string_view("name")) {
                into += ", name";
                fresh += std::string(", ") + column.fresh;
            }
            continue;
        }
        fields_.push_back(column.field);
        names += (names.empty() ? "" : ", ") + std::string(field_name(column.field));
        parameters +=
            (parameters.empty() ? "$" : ", $") + std::to_string(fields_.size()) + "::text[]";
        into += (into.empty() ? "" : ", ") + std::string(column.name);
        if (column.fresh == nullptr) {
            fresh += column.value;
            continue;
        }
        fresh += std::string(", coalesce(") + column.value + ", " + column.fresh + ")";
        const std::string value =
            std::string("coalesce(") + column.value + ", t." + column.name + ")";
        set += (set.empty() ? "" : ", ") + std::string(column.name) + " = " + value;
        differs += (differs.empty() ? "" : " or ") + std::string("t.") + column.name +
                   " is distinct from " + value;
    }
    const std::string lines = " from unnest(" + parameters + ") as r (" + names + ")";
    const std::string code_value = is_product ? "r.sku" : "r.store";
    sql_.lock = "select 1 from " + table + " as t where t." + code +
                " = any ($1::text[]) order by t." + code + " collate \"C\" for no key update";
    sql_.known =
        "select t." + code + " from " + table + " as t where t." + code + " = any ($1::text[])";
    sql_.insert = "insert into " + table + " (" + into + ") select " + fresh + lines +
                  " where not exists (select from " + table + " as t where t." + code + " = " +
                  code_value + ") order by " + code_value + " collate \"C\" on conflict (" + code +
                  ") do nothing";
    if (!set.empty()) {
        sql_.update = "update " + table + " as t set " + set + lines + " where t." + code + " = " +
                      code_value + " and (" + differs + ")";
    }
}

base::Result<void> CatalogApplier::prepare(
    pg::Connection& connection, std::span<Line> lines, std::vector<Rejected>& rejected
) {
    if (spec_.target == Target::kProducts) {
        for (const auto field : {Field::kVendor, Field::kCategory}) {
            if (auto done = look_up(connection, lines, field, rejected); !done) {
                return done;
            }
        }
    }
    return spec_.dry_run ? count_missing(connection, lines) : base::Result<void>{};
}

base::Result<void> CatalogApplier::count_missing(
    pg::Connection& connection, std::span<const Line> lines
) {
    std::set<std::string, std::less<>> missing;
    for (const auto& line : lines) {
        if (line.number != 0) {
            missing.emplace(line.text(fields_.front()));
        }
    }
    const auto rows = connection.exec(sql_.known, {text_array({missing.begin(), missing.end()})});
    if (!rows) {
        return rows.error();
    }
    for (int row = 0; row < rows->size(); ++row) {
        missing.erase(std::string(rows->text(row, 0)));
    }
    counted_.merge(missing);
    created_ = static_cast<std::int64_t>(counted_.size());
    return {};
}

base::Result<void> CatalogApplier::look_up(
    pg::Connection& connection, std::span<Line> lines, Field field, std::vector<Rejected>& rejected
) {
    std::set<std::string, std::less<>> codes;
    for (const auto& line : lines) {
        if (line.number != 0 && !line.text(field).empty()) {
            codes.emplace(line.text(field));
        }
    }
    // A dry run would make all of them.
    if (codes.empty() || (spec_.create_missing && spec_.dry_run)) {
        return {};
    }
    const bool is_vendor = field == Field::kVendor;
    const std::vector<std::optional<std::string_view>> texts(codes.begin(), codes.end());
    if (spec_.create_missing) {
        if (is_vendor) {
            const auto made = connection.exec(
                "insert into inventory.vendors (code, name) select c, c from unnest($1::text[]) as "
                "c "
                "where not exists (select from inventory.vendors as v where v.code = c) "
                "order by c collate \"C\" on conflict (code) do nothing",
                {text_array(texts)}
            );
            if (!made) {
                return made.error();
            }
        } else if (auto made = make_categories(connection, {codes.begin(), codes.end()}); !made) {
            return made;
        }
    }
    const auto rows = connection.exec(
        is_vendor ? "select v.code from inventory.vendors as v where v.code = any ($1::text[])"
                  : "select c.code from inventory.categories as c where c.code = any ($1::text[])",
        {text_array(texts)}
    );
    if (!rows) {
        return rows.error();
    }
    std::set<std::string, std::less<>> known;
    for (int row = 0; row < rows->size(); ++row) {
        known.emplace(rows->text(row, 0));
    }
    for (auto& line : lines) {
        const auto code = line.text(field);
        if (line.number != 0 && !code.empty() && !known.contains(code)) {
            rejected.push_back(
                {line.number,
                 std::string(is_vendor ? "no vendor" : "no category") + " has the code \"" +
                     std::string(code) + "\""}
            );
            line.number = 0;
        }
    }
    return {};
}

base::Result<void> CatalogApplier::make_categories(
    pg::Connection& connection, const std::vector<std::string>& paths
) {
    // Parents come before their children: a path is longer than its prefixes.
    std::map<std::size_t, std::set<std::string>> by_depth;
    for (const auto& path : paths) {
        const auto all = prefixes(path);
        for (std::size_t depth = 0; depth < all.size(); ++depth) {
            by_depth[depth].insert(all[depth]);
        }
    }
    for (const auto& [depth, codes] : by_depth) {
        std::vector<std::string> names;
        std::vector<std::string> parents;
        for (const auto& code : codes) {
            const auto at = code.rfind(kPathSeparator);
            names.push_back(
                at == std::string::npos ? code : code.substr(at + kPathSeparator.size())
            );
            parents.push_back(at == std::string::npos ? std::string{} : code.substr(0, at));
        }
        using Texts = std::vector<std::optional<std::string_view>>;
        const auto made = connection.exec(
            "insert into inventory.categories (code, name, parent_id) "
            "select r.code, r.name, (select p.category_id from inventory.categories as p where "
            "p.code = r.parent) "
            "from unnest($1::text[], $2::text[], $3::text[]) as r (code, name, parent) "
            "where not exists (select from inventory.categories as c where c.code = r.code) "
            "order by r.code collate \"C\" on conflict (code) do nothing",
            {text_array(Texts(codes.begin(), codes.end())),
             text_array(Texts(names.begin(), names.end())),
             text_array(Texts(parents.begin(), parents.end()))}
        );
        if (!made) {
            return made.error();
        }
    }
    return {};
}

base::Result<void> CatalogApplier::stage(
    pg::Connection& connection, std::span<const Line* const> lines
) {
    // Several lines of one code are one row: of each column the last one that says something.
    std::vector<std::vector<std::optional<std::string_view>>> columns(fields_.size());
    std::unordered_map<std::string_view, std::size_t> places;
    numbers_ = "{";
    count_ = static_cast<std::int64_t>(lines.size());
    for (const auto* line : lines) {
        numbers_ += (numbers_.size() > 1 ? "," : "") + std::to_string(line->number);
        const auto [place, is_new] =
            places.try_emplace(line->text(fields_.front()), columns.front().size());
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            const auto text = line->text(fields_[i]);
            if (is_new) {
                columns[i].emplace_back();
            }
            if (!text.empty()) {
                columns[i][place->second] = text;
            }
        }
    }
    numbers_ += "}";
    std::vector<pg::Param> params;
    params.reserve(columns.size());
    for (const auto& column : columns) {
        params.emplace_back(text_array(column));
    }
    const auto write = [&]() -> base::Result<void> {
        for (const auto* sql : {"begin isolation level read committed", sql_.lock.c_str()}) {
            const bool is_lock = sql == sql_.lock.c_str();
            if (auto done = connection.exec(
                    sql, is_lock ? std::vector<pg::Param>{params.front()} : std::vector<pg::Param>{}
                );
                !done) {
                return done.error();
            }
        }
        const auto inserted = connection.exec(sql_.insert, params);
        if (!inserted) {
            return inserted.error();
        }
        created_ += inserted->affected();
        if (sql_.update.empty()) {
            return {};
        }
        const auto updated = connection.exec(sql_.update, params);
        if (!updated) {
            created_ -= inserted->affected();
            return updated.error();
        }
        changed_ += updated->affected();
        return {};
    };
    auto written = write();
    if (!written) {
        (void)connection.exec("rollback");
    }
    return written;
}

base::Result<void> CatalogApplier::send(pg::Connection& connection) {
    return send_with_commit(
        connection, "select inventory._record_import($1, $2::bigint[])", {key_.import_id, numbers_}
    );
}

base::Result<BatchResult> CatalogApplier::finish(pg::Connection& connection) {
    const auto rows = finish_with_commit(connection);
    if (!rows) {
        return rows.error();
    }
    return BatchResult{count_, 0, {}};
}

}  // namespace stockd::importer
