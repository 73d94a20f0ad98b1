#include "importer/spec.hpp"

#include "importer/values.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace stockd::importer {

namespace {

constexpr unsigned kProducts = 1;
constexpr unsigned kStores = 2;
constexpr unsigned kStock = 4;
constexpr unsigned kMovements = 8;
constexpr unsigned kMappings = 16;
constexpr unsigned kRecipes = 32;
constexpr unsigned kDefinitions = kMappings | kRecipes;
constexpr unsigned kLots = 64;
constexpr unsigned kLines = kStock | kMovements;

struct FieldFacts {
    std::string_view name;
    unsigned targets;
};

/// In the order of Field.
constexpr std::array<FieldFacts, kFieldCount> kFields{{
    {"store", kStores | kLines | kMappings | kLots},
    {"sku", kProducts | kLines | kDefinitions | kLots},
    {"name", kProducts | kStores | kLines | kLots},
    {"quantity", kMovements | kRecipes | kLots},
    {"delta", kMovements},
    {"sign", kMovements},
    {"kind", kMovements},
    {"reason", kLines},
    {"reference", kLines | kLots},
    {"actor", kLines | kDefinitions | kLots},
    {"correlation_id", kLines},
    {"occurred_at", kLines | kLots},
    {"id", kLines | kLots},
    {"on_hand", kStock},
    {"low_stock_threshold", kProducts | kStores | kStock},
    {"allow_negative", kProducts | kStores | kStock},
    {"description", kProducts},
    {"vendor", kProducts},
    {"category", kProducts},
    {"base_price", kProducts},
    {"availability", kProducts},
    {"base_unit", kProducts},
    {"pieces_per_pack", kProducts},
    {"packs_per_box", kProducts},
    {"active", kProducts | kStores},
    {"currency", kStores},
    {"time_zone", kStores},
    {"store_name", kLines | kLots},
    {"ingredient", kDefinitions},
    {"unit", kDefinitions | kLots},
    {"numerator", kMappings},
    {"denominator", kMappings},
    {"ratio", kMappings},
    {"stock_unit", kMappings},
    {"yields", kRecipes},
    {"unit_cost", kLots},
    {"lot", kLots},
    {"expires_on", kLots},
}};

constexpr std::array<std::string_view, 7> kTargets{
    "products", "stores", "stock", "movements", "mappings", "recipes", "lots"};

base::Error invalid(std::string message, std::string hint = {}) {
    return {base::ErrorCode::kInvalidArgument, std::move(message), {}, std::move(hint), {}};
}

std::string fields_of(Target target) {
    std::string names;
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        if (has_field(target, static_cast<Field>(i))) {
            names += names.empty() ? "" : ", ";
            names += kFields[i].name;
        }
    }
    return names;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(trim(text.substr(0, end)));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

base::Result<Condition> parse_condition(std::string_view text) {
    const auto at = text.find_first_of("=<>!");
    if (at == std::string_view::npos || at == 0) {
        return invalid(
            "\"" + std::string(text) + "\" is no condition",
            "Write COLUMN=pattern|pattern, COLUMN<number."
        );
    }
    Condition condition;
    condition.column = std::string(trim(text.substr(0, at)));
    auto value = text.substr(at + 1);
    if (text[at] == '!') {
        if (!value.starts_with('=')) {
            return invalid(
                "\"" + std::string(text) + "\" is no condition", "Write COLUMN!=pattern."
            );
        }
        value.remove_prefix(1);
        condition.op = Condition::Operator::kMatchesNot;
    } else if (text[at] != '=') {
        condition.op = text[at] == '<' ? Condition::Operator::kLess : Condition::Operator::kGreater;
        const auto number = parse_integer(value);
        if (!number) {
            return number.error();
        }
        condition.number = *number;
        return condition;
    }
    for (const auto pattern : split(value, '|')) {
        condition.patterns.emplace_back(pattern);
    }
    return condition;
}

base::Result<void> read_assignments(
    const boost::json::value& json,
    Target target,
    std::map<Field, std::string>& into,
    const char* key
) {
    if (!json.is_object()) {
        return invalid(std::string("\"") + key + "\" must be an object of texts");
    }
    for (const auto& [name, value] : json.get_object()) {
        if (!value.is_string()) {
            return invalid(std::string("\"") + key + "\" must be an object of texts");
        }
        auto pair =
            parse_assignment(target, std::string(name) + "=" + std::string(value.get_string()));
        if (!pair) {
            return pair.error();
        }
        into.insert(std::move(*pair));
    }
    return {};
}

/// One of the simple keys; false when it is none.
base::Result<bool> read_text(std::string_view key, const boost::json::value& json, Spec& spec) {
    if (key == "create_missing" && json.is_bool()) {
        spec.create_missing = json.get_bool();
        return true;
    }
    if (!json.is_string()) {
        return false;
    }
    const std::string text(json.get_string());
    if (key == "file") {
        spec.file = text;
    } else if (key == "source") {
        spec.source = text;
    } else if (key == "time_zone") {
        spec.time_zone = text;
    } else if (key == "case" && (text == "keep" || text == "fold-upper")) {
        spec.fold_sku = text == "fold-upper";
    } else if (key == "delimiter" && text.size() == 1) {
        spec.csv.delimiter = text.front();
    } else if (key == "encoding" && csv::parse_encoding(text)) {
        spec.csv.encoding = *csv::parse_encoding(text);
    } else {
        return false;
    }
    return true;
}

base::Result<void> read_rules(const boost::json::value& json, Spec& spec) {
    if (!json.is_array()) {
        return invalid("\"rules\" must be a list of texts");
    }
    for (const auto& text : json.get_array()) {
        if (!text.is_string()) {
            return invalid("\"rules\" must be a list of texts");
        }
        auto rule = parse_rule(std::string_view(text.get_string()));
        if (!rule) {
            return rule.error();
        }
        spec.rules.push_back(std::move(*rule));
    }
    return {};
}

/// Specified: FNV-1a, 64 bits. A collision would only pass over a file that was imported with
/// another mapping.
std::string hash_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    return std::to_string(hash);
}

}  // namespace

std::string_view target_name(Target target) noexcept {
    return kTargets[static_cast<std::size_t>(target)];
}

std::optional<Target> parse_target(std::string_view name) noexcept {
    const auto* const found = std::find(kTargets.begin(), kTargets.end(), name);
    return found == kTargets.end() ? std::nullopt
                                   : std::optional(static_cast<Target>(found - kTargets.begin()));
}

std::string_view field_name(Field field) noexcept {
    return kFields[static_cast<std::size_t>(field)].name;
}

std::optional<Field> parse_field(std::string_view name) noexcept {
    if (name == "code") {
        return Field::kStore;
    }
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        if (kFields[i].name == name) {
            return static_cast<Field>(i);
        }
    }
    return std::nullopt;
}

bool has_field(Target target, Field field) noexcept {
    return (kFields[static_cast<std::size_t>(field)].targets & (1U << static_cast<unsigned>(target))
           ) != 0;
}

bool is_definition(Target target) noexcept {
    return target == Target::kMappings || target == Target::kRecipes;
}

base::Result<Rule> parse_rule(std::string_view text) {
    const auto arrow = text.find("->");
    if (arrow == std::string_view::npos) {
        return invalid(
            "\"" + std::string(text) + "\" is no rule",
            "Write CONDITION & CONDITION -> field=value, or -> skip=class."
        );
    }
    Rule rule;
    for (const auto part : split(text.substr(0, arrow), '&')) {
        auto condition = parse_condition(part);
        if (!condition) {
            return condition.error();
        }
        rule.when.push_back(std::move(*condition));
    }
    for (const auto part : split(text.substr(arrow + 2), ',')) {
        if (part.starts_with("skip=") && part.size() > 5) {
            rule.skip = std::string(part.substr(5));
            continue;
        }
        auto pair = parse_assignment(Target::kMovements, part);
        if (!pair) {
            return pair.error();
        }
        rule.set.insert(std::move(*pair));
    }
    return rule;
}

base::Result<std::pair<Field, std::string>> parse_assignment(Target target, std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        return invalid("\"" + std::string(text) + "\" is not of the form field=value");
    }
    const auto name = trim(text.substr(0, equals));
    const auto field = parse_field(name);
    if (!field || !has_field(target, *field)) {
        return invalid(
            "\"" + std::string(name) + "\" is no field of " + std::string(target_name(target)),
            "Fields: " + fields_of(target) + "."
        );
    }
    return std::pair{*field, std::string(trim(text.substr(equals + 1)))};
}

base::Result<Spec> parse_spec(const boost::json::object& json) {
    Spec spec;
    const auto* const target = json.if_contains("target");
    const auto parsed = target != nullptr && target->is_string()
                            ? parse_target(std::string_view(target->get_string()))
                            : std::nullopt;
    if (!parsed) {
        return invalid(
            "an import needs a \"target\": products, stores, stock, movements, mappings, "
            "recipes or lots"
        );
    }
    spec.target = *parsed;
    for (const auto& [key, value] : json) {
        base::Result<void> read;
        if (key == "target" || key == "about") {
            continue;
        }
        if (key == "map") {
            read = read_assignments(value, spec.target, spec.columns, "map");
        } else if (key == "set") {
            read = read_assignments(value, spec.target, spec.constants, "set");
        } else if (key == "rules") {
            read = read_rules(value, spec);
        } else if (const auto is_known = read_text(key, value, spec); !is_known || !*is_known) {
            read = invalid(
                "\"" + std::string(key) + "\" is no setting of an import, or has a wrong value"
            );
        }
        if (!read) {
            return read.error();
        }
    }
    return spec;
}

std::string default_rejects_file(std::string_view file) {
    for (const std::string_view ending : {".gz", ".csv"}) {
        if (file.ends_with(ending) && file.size() > ending.size()) {
            file.remove_suffix(ending.size());
        }
    }
    return std::string(file) + ".rejects.csv";
}

std::string mapping_key(const Spec& spec) {
    if (spec.target == Target::kMovements || spec.target == Target::kLots) {
        const auto store = spec.constants.find(Field::kStore);
        return store == spec.constants.end() || spec.columns.contains(Field::kStore)
                   ? std::string{}
                   : hash_of("store=" + store->second);
    }
    std::string text = spec.fold_sku ? "fold;" : "keep;";
    for (const auto* const map : {&spec.columns, &spec.constants}) {
        for (const auto& [field, value] : *map) {
            text += std::string(field_name(field)) + "=" + value + "\n";
        }
        text += ";\n";
    }
    for (const auto& rule : spec.rules) {
        for (const auto& condition : rule.when) {
            text += condition.column + std::to_string(static_cast<int>(condition.op)) +
                    std::to_string(condition.number);
            for (const auto& pattern : condition.patterns) {
                text += "|" + pattern;
            }
        }
        for (const auto& [field, value] : rule.set) {
            text += ">" + std::string(field_name(field)) + "=" + value;
        }
        text += rule.skip ? ">skip=" + *rule.skip : "";
        text += "\n";
    }
    return hash_of(text);
}

}  // namespace stockd::importer
