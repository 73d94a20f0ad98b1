/// How a Mapper comes to know its columns: the part of it that reads the heading.
#include "importer/mapper.hpp"
#include "importer/values.hpp"

#include <algorithm>

namespace stockd::importer {

namespace {

base::Error invalid(std::string message, std::string hint = {}) {
    return {base::ErrorCode::kInvalidArgument, std::move(message), {}, std::move(hint), {}};
}

std::string join(const std::vector<std::string_view>& names) {
    std::string text;
    for (const auto name : names) {
        text += text.empty() ? "" : ", ";
        text += name;
    }
    return text;
}

bool is_same_name(std::string_view left, std::string_view right) {
    std::string a(left);
    std::string b(right);
    fold_upper(a);
    fold_upper(b);
    return a == b;
}

/// Where a heading stands. Errors: it is missing, or stands there twice.
base::Result<std::size_t> find_column(
    const std::vector<std::string_view>& heading, std::string_view name
) {
    const auto found = std::find(heading.begin(), heading.end(), name);
    if (found == heading.end()) {
        return invalid(
            "the file has no column \"" + std::string(name) + "\"", "It has: " + join(heading) + "."
        );
    }
    if (std::find(found + 1, heading.end(), name) != heading.end()) {
        return invalid(
            "the file has the column \"" + std::string(name) + "\" twice", "Rename one of them."
        );
    }
    return static_cast<std::size_t>(found - heading.begin());
}

}  // namespace

base::Result<Mapper> Mapper::make(const Spec& spec, const std::vector<std::string_view>& heading) {
    Mapper mapper{spec};
    std::vector<std::string_view> names;
    names.reserve(heading.size());
    for (const auto name : heading) {
        names.push_back(trim(name));
    }
    if (auto bound = mapper.bind(names); !bound) {
        return bound.error();
    }
    if (auto complete = mapper.check_required(); !complete) {
        return complete.error();
    }
    return mapper;
}

base::Result<void> Mapper::bind(const std::vector<std::string_view>& heading) {
    column_count_ = heading.size();
    columns_.fill(kNoColumn);
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        const auto field = static_cast<Field>(i);
        if (!has_field(spec_->target, field)) {
            continue;
        }
        const auto named = spec_->columns.find(field);
        if (named != spec_->columns.end()) {
            const auto column = find_column(heading, named->second);
            if (!column) {
                return column.error();
            }
            columns_[i] = *column;
        } else if (!spec_->constants.contains(field)) {
            const auto own =
                std::find_if(heading.begin(), heading.end(), [&](std::string_view name) {
                    return is_same_name(name, field_name(field)) ||
                           (spec_->target == Target::kStores && field == Field::kStore &&
                            is_same_name(name, "code"));
                });
            // An id decides about repetition, so it is never taken by chance.
            if (own != heading.end() && field != Field::kId) {
                const auto column = find_column(heading, *own);
                if (!column) {
                    return column.error();
                }
                columns_[i] = *column;
            }
        }
        const bool is_ruled =
            std::any_of(spec_->rules.begin(), spec_->rules.end(), [&](const Rule& rule) {
                return rule.set.contains(field);
            });
        is_used_[i] = columns_[i] != kNoColumn || spec_->constants.contains(field) || is_ruled;
        if (is_used_[i]) {
            used_.push_back(field);
        }
        names_[i] = columns_[i] == kNoColumn ? std::string(field_name(field))
                                             : std::string(heading[columns_[i]]);
    }
    if (uses(Field::kId)) {
        id_column_ = names_[static_cast<std::size_t>(Field::kId)];
    }
    for (const auto& [field, value] : spec_->constants) {
        if (auto checked = check_given(field, value); !checked) {
            return checked;
        }
    }
    return bind_rules(heading);
}

/// What the command line or a rule gives for all lines, and cannot be meant, would refuse them all.
base::Result<void> Mapper::check_given(Field field, const std::string& value) {
    text_ = value;
    if (value.empty() || !has_field(spec_->target, field) || convert(field, text_)) {
        return {};
    }
    return invalid(reason_, "That is not read from the file, but given for all its lines.");
}

base::Result<void> Mapper::bind_rules(const std::vector<std::string_view>& heading) {
    for (const auto& rule : spec_->rules) {
        BoundRule bound{&rule, {}, {}};
        for (const auto& condition : rule.when) {
            const auto column = find_column(heading, condition.column);
            if (!column) {
                return column.error();
            }
            bound.columns.push_back(*column);
        }
        for (const auto& [field, value] : rule.set) {
            if (!value.starts_with('@')) {
                if (auto checked = check_given(field, value); !checked) {
                    return checked;
                }
                continue;
            }
            const auto column = find_column(heading, std::string_view(value).substr(1));
            if (!column) {
                return column.error();
            }
            bound.from_columns.emplace_back(field, *column);
        }
        rules_.push_back(std::move(bound));
    }
    return {};
}

base::Result<void> Mapper::check_required() {
    switch (spec_->target) {
        case Target::kProducts:
            needed_ = {Field::kSku};
            break;
        case Target::kStores:
            needed_ = {Field::kStore};
            break;
        case Target::kStock:
            needed_ = {Field::kStore, Field::kSku, Field::kOnHand};
            break;
        case Target::kMovements:
            needed_ = {
                Field::kStore,
                Field::kSku,
                Field::kKind,
                uses(Field::kDelta) ? Field::kDelta : Field::kQuantity};
            break;
        case Target::kMappings:
            needed_ = {
                Field::kStore,
                Field::kIngredient,
                Field::kUnit,
                Field::kSku,
                uses(Field::kRatio) ? Field::kRatio : Field::kNumerator};
            break;
        case Target::kRecipes:
            needed_ = {Field::kSku, Field::kIngredient, Field::kQuantity, Field::kUnit};
            break;
        case Target::kLots:
            needed_ = {Field::kStore, Field::kSku, Field::kQuantity};
            break;
    }
    for (const auto field : needed_) {
        if (!uses(field)) {
            const std::string name(field_name(field));
            std::string hint = "Name its column (--map ";
            hint.append(name)
                .append("=COLUMN) or its value (--set ")
                .append(name)
                .append("=VALUE).");
            return invalid("nothing says what the " + name + " is", std::move(hint));
        }
    }
    if (uses(Field::kDelta) && uses(Field::kQuantity)) {
        return invalid(
            "both quantity and delta are given",
            "quantity takes its sign from the kind; delta is as it stands."
        );
    }
    if (uses(Field::kRatio) && (uses(Field::kNumerator) || uses(Field::kDenominator))) {
        return invalid(
            "both a ratio and a numerator or denominator are given",
            "A ratio is both in one: 0.25 is 1/4."
        );
    }
    if (uses(Field::kId)) {
        needed_.push_back(Field::kId);
    }
    return {};
}

}  // namespace stockd::importer
