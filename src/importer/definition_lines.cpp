#include "importer/definition_lines.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace stockd::importer {

namespace {

/// Chosen: the whole file is in memory before anything is applied; a line takes half a kilobyte.
constexpr std::uint64_t kMaxLines = 1'000'000;

std::string quoted(std::string_view text) {
    return boost::json::serialize(
        boost::json::value(boost::json::string_view(text.data(), text.size()))
    );
}

std::string join(const Line& line, std::initializer_list<Field> fields) {
    std::string text;
    for (const auto field : fields) {
        text.append(line.text(field)).push_back('\0');
    }
    return text;
}

}  // namespace

base::Result<void> DefinitionLines::read(LineReader& reader) {
    const bool is_recipes = spec_.target == Target::kRecipes;
    Line line;
    while (true) {
        // A line that is refused leaves here how far it was read.
        line.clear_texts();
        const auto refused = summary_.rejected.size();
        const auto step = reader.next(line, summary_);
        if (!step) {
            return step.error();
        }
        if (*step == LineReader::Step::kEnd) {
            break;
        }
        if (summary_.lines > kMaxLines) {
            return base::Error{
                base::ErrorCode::kInvalidArgument,
                spec_.file + " has more than " + std::to_string(kMaxLines) + " lines",
                {},
                "Nothing was applied. Split the file.",
                {}};
        }
        if (*step == LineReader::Step::kLine) {
            is_recipes ? add_ingredient(line) : add_mapping(line);
        } else if (is_recipes && summary_.rejected.size() > refused) {
            lose_ingredient(line.text(Field::kSku));
        }
    }
    if (auto checked = check_whose(); !checked) {
        return checked;
    }
    for (auto& definition : all_) {
        if (!definition.problem.empty()) {
            refuse(definition, definition.problem);
        } else if (is_recipes) {
            definition.line.set_text(Field::kIngredient, "[" + definition.content + "]");
        }
    }
    return {};
}

const Definition& DefinitionLines::at(std::uint64_t first) const {
    return *std::lower_bound(
        all_.begin(),
        all_.end(),
        first,
        [](const Definition& definition, std::uint64_t number) { return definition.first < number; }
    );
}

void DefinitionLines::refuse(const Definition& definition, const std::string& reason) {
    // A recipe's lines are refused for each other's sake, so each says whose it is.
    const auto whole = spec_.target == Target::kRecipes
                           ? "the recipe of " + definition.sku + " is refused: "
                           : std::string{};
    for (const auto number : definition.lines) {
        summary_.rejected.push_back({number, whole + reason});
    }
}

Definition& DefinitionLines::definition_of(std::string key, std::uint64_t number) {
    const auto [place, is_new] = places_.try_emplace(std::move(key), all_.size());
    if (is_new) {
        all_.emplace_back().first = number;
    }
    return all_[place->second];
}

/// Of lines that contradict each other none is known to be right, and the file's order is no
/// reason.
void DefinitionLines::add_mapping(Line& line) {
    auto content =
        join(line, {Field::kSku, Field::kNumerator, Field::kDenominator, Field::kStockUnit});
    auto& mapping =
        definition_of(join(line, {Field::kStore, Field::kIngredient, Field::kUnit}), line.number);
    mapping.lines.push_back(line.number);
    if (mapping.first == line.number) {
        mapping.content = std::move(content);
        mapping.line = std::exchange(line, {});
    } else if (mapping.content != content && mapping.problem.empty()) {
        mapping.problem = "lines " + std::to_string(mapping.first) + " and " +
                          std::to_string(line.number) +
                          " say different things of the same store, ingredient and unit";
    }
}

void DefinitionLines::add_ingredient(const Line& line) {
    const auto sku = line.text(Field::kSku);
    auto& recipe = definition_of(std::string(sku), line.number);
    if (recipe.first == line.number) {
        recipe.sku = sku;
        recipe.line.number = line.number;
        recipe.line.set_text(Field::kSku, sku);
    }
    recipe.lines.push_back(line.number);
    // The quantity as it stands: Mapper made a number of JSON of it.
    recipe.content += (recipe.content.empty() ? R"({"name": )" : R"(, {"name": )") +
                      quoted(line.text(Field::kIngredient)) + R"(, "unit": )" +
                      quoted(line.text(Field::kUnit)) + R"(, "quantity": )" +
                      std::string(line.text(Field::kQuantity)) + "}";
    for (const auto field : {Field::kYields, Field::kActor}) {
        set_once(recipe, line, field);
    }
}

/// What is said of the recipe, by one of its lines or by several alike.
void DefinitionLines::set_once(Definition& recipe, const Line& line, Field field) {
    const auto text = line.text(field);
    const auto known = recipe.line.text(field);
    if (text.empty() || text == known) {
        return;
    }
    if (known.empty()) {
        recipe.line.set_text(field, text);
    } else if (recipe.problem.empty()) {
        recipe.problem = "line " + std::to_string(line.number) + ": " +
                         std::string(field_name(field)) + " is " + std::string(text) +
                         ", and another line says " + std::string(known);
    }
}

/// The last line that was refused is an ingredient, of this recipe if it says so. A dish that lacks
/// an ingredient would deduct wrongly for ever, so all of it is refused.
void DefinitionLines::lose_ingredient(std::string_view sku) {
    const auto& lost = summary_.rejected.back();
    if (sku.empty()) {
        nobodys_.push_back(lost);
        return;
    }
    auto& recipe = definition_of(std::string(sku), lost.line);
    if (recipe.first == lost.line) {
        recipe.sku = sku;
    }
    if (recipe.problem.empty()) {
        recipe.problem = "line " + std::to_string(lost.line) + ": " + lost.reason;
    }
}

base::Result<void> DefinitionLines::check_whose() const {
    if (nobodys_.empty()) {
        return {};
    }
    const auto& first = nobodys_.front();
    return base::Error{
        base::ErrorCode::kInvalidArgument,
        spec_.file + ", line " + std::to_string(first.line) +
            " cannot be read, so nobody knows which recipe lacks it: " + first.reason,
        nobodys_.size() == 1 ? std::string{}
                             : "So it is with " + std::to_string(nobodys_.size()) + " lines.",
        "Nothing was applied. Mend the file and import it again.",
        {}};
}

}  // namespace stockd::importer
