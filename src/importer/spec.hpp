#pragma once

#include "base/result.hpp"
#include "csv/reader.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What an import is to do: pure data, from the command line or from JSON (the manifest of a
/// sample).
namespace stockd::importer {

enum class Target : std::uint8_t {
    kProducts,
    kStores,
    kStock,
    kMovements,
    kMappings,
    kRecipes,
    kLots
};

[[nodiscard]] std::string_view target_name(Target target) noexcept;
[[nodiscard]] std::optional<Target> parse_target(std::string_view name) noexcept;

/// What a cell of the file can become. docs/how-to/import.md lists them by target.
enum class Field : std::uint8_t {
    kStore,
    kSku,
    kName,
    kQuantity,
    kDelta,
    kSign,
    kKind,
    kReason,
    kReference,
    kActor,
    kCorrelationId,
    kOccurredAt,
    kId,
    kOnHand,
    kLowStockThreshold,
    kAllowNegative,
    kDescription,
    kVendor,
    kCategory,
    kBasePrice,
    kAvailability,
    kBaseUnit,
    kPiecesPerPack,
    kPacksPerBox,
    kActive,
    kCurrency,
    kTimeZone,
    kStoreName,
    kIngredient,
    kUnit,
    kNumerator,
    kDenominator,
    kRatio,
    kStockUnit,
    kYields,
    kUnitCost,
    kLot,
    kExpiresOn,
};
inline constexpr std::size_t kFieldCount = 38;

/// "occurred_at". A store's own code is called "store", also where stores are imported; "code" is
/// understood too.
[[nodiscard]] std::string_view field_name(Field field) noexcept;
[[nodiscard]] std::optional<Field> parse_field(std::string_view name) noexcept;
/// Whether the target knows the field, and whether it cannot do without.
[[nodiscard]] bool has_field(Target target, Field field) noexcept;
/// Whether its lines say how something is from now on, and not what happened: the same again
/// changes nothing, so nobody has to remember which of them were applied.
[[nodiscard]] bool is_definition(Target target) noexcept;

/// COLUMN = pattern|pattern, COLUMN != ..., COLUMN < number, COLUMN > number.
struct Condition {
    enum class Operator : std::uint8_t { kMatches, kMatchesNot, kLess, kGreater };
    std::string column;
    Operator op = Operator::kMatches;
    std::vector<std::string> patterns;
    std::int64_t number = 0;
};

/// "InvoiceNo=C* & Quantity<0 -> kind=return, sign=negate" or "StockCode=POST|DOT -> skip=postage".
/// The first rule whose conditions all hold decides about a line.
struct Rule {
    std::vector<Condition> when;
    std::map<Field, std::string> set;
    std::optional<std::string> skip;  ///< the class under which the line is counted and left out
};

[[nodiscard]] base::Result<Rule> parse_rule(std::string_view text);

struct Spec {
    Target target = Target::kMovements;
    std::string file;
    std::map<Field, std::string>
        columns;  ///< field by heading; a field not named here takes the heading of its own name
    std::map<Field, std::string> constants;  ///< where a column is blank or absent
    std::vector<Rule> rules;
    bool fold_sku = false;        ///< skus in upper case, so that 85123a is 85123A
    bool create_missing = false;  ///< products, stores, vendors and categories that the lines name
    bool dry_run = false;
    std::string source;             ///< whose ids: default the heading of the id column
    std::string time_zone = "UTC";  ///< of times without one
    std::string rejects_file;       ///< default: the file's name with .rejects.csv
    csv::Options csv;
    std::size_t batch_lines = 20'000;
};

/// A field of the command line or the manifest: "quantity=Quantity". Errors name the known fields.
[[nodiscard]] base::Result<std::pair<Field, std::string>> parse_assignment(
    Target target, std::string_view text
);

/// {"target", "file", "map": {field: heading}, "set": {field: value}, "rules": [...], "case":
/// "fold-upper", "create_missing", "source", "time_zone", "encoding", "delimiter"}. An unknown key
/// is an error.
[[nodiscard]] base::Result<Spec> parse_spec(const boost::json::object& json);

/// "sales.csv.gz" becomes "sales.rejects.csv".
[[nodiscard]] std::string default_rejects_file(std::string_view file);

/// What of the mapping belongs to a file's identity. Applying a line of products, stores or stock
/// again is harmless, so another mapping is another import; movements and lots would count twice,
/// so of theirs it is only the store that all lines are of: the same list for another store is
/// another import.
[[nodiscard]] std::string mapping_key(const Spec& spec);

}  // namespace stockd::importer
