#include "importer/mapper.hpp"

#include "importer/values.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace stockd::importer {

namespace {

constexpr std::array<std::string_view, 10> kKinds{
    "sale",
    "deduction",
    "purchase",
    "opening",
    "return",
    "adjustment",
    "compensation",
    "transfer_out",
    "transfer_in",
    "count"};
constexpr std::array<std::string_view, 4> kAvailabilities{
    "available", "out_of_stock", "preorder", "discontinued"};

/// Specified by the tables' CHECKs, in characters; 0 where nothing but the record limit holds.
std::size_t longest(Field field) noexcept {
    switch (field) {
        case Field::kStore:
        case Field::kSku:
        case Field::kActor:
        case Field::kCorrelationId:
        case Field::kId:
        case Field::kVendor:
        case Field::kCategory:
        case Field::kIngredient:
        case Field::kLot:
            return 200;
        case Field::kReference:
            return 500;
        case Field::kName:
        case Field::kStoreName:
            return 1000;
        case Field::kReason:
            return 2000;
        case Field::kTimeZone:
            return 100;
        case Field::kBaseUnit:
        case Field::kUnit:
        case Field::kStockUnit:
            return 50;
        default:
            return 0;
    }
}

void drop_last_zeros(std::string& decimal) {
    if (decimal.find('.') != std::string::npos) {
        decimal.erase(decimal.find_last_not_of('0') + 1);
        if (decimal.ends_with('.')) {
            decimal.pop_back();
        }
    }
}

/// Of ISO 4217, by its form; which of them exist is not for us to know.
bool is_currency(std::string_view text) noexcept {
    return text.size() == 3 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// Units that leave are written as positive numbers by people.
bool is_outgoing(std::string_view kind) noexcept {
    return kind == "sale" || kind == "deduction" || kind == "transfer_out";
}

}  // namespace

bool Mapper::reject(Field field, std::string_view message) {
    reason_ = names_[static_cast<std::size_t>(field)];
    reason_ += ": ";
    reason_ += message;
    return false;
}

bool Mapper::holds(const Condition& condition, std::string_view cell) const {
    switch (condition.op) {
        case Condition::Operator::kLess:
        case Condition::Operator::kGreater: {
            double number = 0;
            const auto [end, error] =
                std::from_chars(cell.data(), cell.data() + cell.size(), number);
            if (error != std::errc{} || end != cell.data() + cell.size()) {
                return false;
            }
            const auto limit = static_cast<double>(condition.number);
            return condition.op == Condition::Operator::kLess ? number < limit : number > limit;
        }
        case Condition::Operator::kMatches:
        case Condition::Operator::kMatchesNot:
            break;
    }
    const bool matches =
        std::any_of(condition.patterns.begin(), condition.patterns.end(), [&](const auto& pattern) {
            return matches_glob(cell, pattern);
        });
    return matches == (condition.op == Condition::Operator::kMatches);
}

const Mapper::BoundRule* Mapper::find_rule(const std::vector<std::string_view>& record) const {
    for (const auto& bound : rules_) {
        std::size_t i = 0;
        const bool all = std::all_of(
            bound.rule->when.begin(),
            bound.rule->when.end(),
            [&](const Condition& condition) {
                return holds(condition, trim(record[bound.columns[i++]]));
            }
        );
        if (all) {
            return &bound;
        }
    }
    return nullptr;
}

Mapper::Outcome Mapper::map(const std::vector<std::string_view>& record, Line& line) {
    if (record.size() != column_count_) {
        reason_ =
            std::to_string(record.size()) + " columns instead of " + std::to_string(column_count_);
        return Outcome::kRejected;
    }
    const BoundRule* const bound = find_rule(record);
    if (bound != nullptr && bound->rule->skip) {
        reason_ = *bound->rule->skip;
        const auto from = columns_[static_cast<std::size_t>(
            uses(Field::kDelta) ? Field::kDelta : Field::kQuantity
        )];
        const auto quantity =
            from == kNoColumn ? base::Result<std::int64_t>(0) : parse_integer(record[from]);
        skipped_quantity_ = quantity ? *quantity : 0;
        return Outcome::kSkipped;
    }
    line.clear_texts();
    for (const auto field : used_) {
        text_.clear();
        fill(field, record, bound, text_);
        if (!text_.empty() && !convert(field, text_)) {
            return Outcome::kRejected;
        }
        line.set_text(field, text_);
    }
    return check(line) && set_quantity(line) && set_ratio(line) ? Outcome::kLine
                                                                : Outcome::kRejected;
}

/// The rule's value, else the column's, else the constant.
void Mapper::fill(
    Field field,
    const std::vector<std::string_view>& record,
    const BoundRule* bound,
    std::string& text
) const {
    if (bound != nullptr) {
        for (const auto& [into, column] : bound->from_columns) {
            if (into == field) {
                text = trim(record[column]);
                return;
            }
        }
        if (const auto value = bound->rule->set.find(field); value != bound->rule->set.end()) {
            text = value->second;
            return;
        }
    }
    const auto column = columns_[static_cast<std::size_t>(field)];
    if (column != kNoColumn) {
        text = trim(record[column]);
    }
    if (!text.empty()) {
        return;
    }
    if (const auto constant = spec_->constants.find(field); constant != spec_->constants.end()) {
        text = constant->second;
    }
}

bool Mapper::convert(Field field, std::string& text) {
    const auto limit = longest(field);
    if (limit > 0 && text.size() > limit && length_of(text) > limit) {
        return reject(field, "longer than " + std::to_string(limit) + " characters");
    }
    switch (field) {
        case Field::kSku:
            if (spec_->fold_sku) {
                fold_upper(text);
            }
            return true;
        case Field::kCurrency:
            return is_currency(text) ? true
                                     : reject(
                                           field,
                                           "\"" + text +
                                               "\" is no currency code of three capital "
                                               "letters, like EUR"
                                       );
        case Field::kQuantity: {
            if (spec_->target == Target::kMovements) {
                return true;
            }
            auto amount = parse_amount(text);
            if (!amount) {
                return reject(field, amount.error().message);
            }
            text = std::move(*amount);
            return true;
        }
        case Field::kBasePrice:
        case Field::kUnitCost: {
            auto money = parse_money(text);
            if (!money) {
                return reject(field, money.error().message);
            }
            text = std::move(*money);
            if (field == Field::kUnitCost) {
                // The same cost is the same content of an id's line.
                drop_last_zeros(text);
            }
            return true;
        }
        case Field::kOccurredAt: {
            const auto time = parse_time(text);
            return time ? true : reject(field, time.error().message);
        }
        case Field::kExpiresOn: {
            const auto date = parse_date(text);
            return date ? true : reject(field, date.error().message);
        }
        case Field::kAllowNegative:
        case Field::kActive: {
            const auto boolean = parse_boolean(text);
            if (!boolean) {
                return reject(field, boolean.error().message);
            }
            text = *boolean ? "true" : "false";
            return true;
        }
        case Field::kLowStockThreshold:
        case Field::kPiecesPerPack:
        case Field::kPacksPerBox:
        case Field::kNumerator:
        case Field::kDenominator:
        case Field::kYields: {
            const auto number = parse_integer(text);
            const std::int64_t least = field == Field::kLowStockThreshold ? 0 : 1;
            if (!number) {
                return reject(field, number.error().message);
            }
            if (*number < least) {
                return reject(field, "\"" + text + "\" is less than " + std::to_string(least));
            }
            text = std::to_string(*number);
            return true;
        }
        case Field::kKind:
            if (std::find(kKinds.begin(), kKinds.end(), text) == kKinds.end()) {
                return reject(
                    field, "\"" + text + "\" is no kind of movement that can be imported"
                );
            }
            return true;
        case Field::kAvailability:
            if (std::find(kAvailabilities.begin(), kAvailabilities.end(), text) ==
                kAvailabilities.end()) {
                return reject(
                    field,
                    "\"" + text + "\" is none of available, out_of_stock, preorder, discontinued"
                );
            }
            return true;
        default:
            return true;
    }
}

bool Mapper::check(const Line& line) {
    const auto blank = std::find_if(needed_.begin(), needed_.end(), [&](Field field) {
        return line.text(field).empty();
    });
    return blank == needed_.end() || reject(*blank, "is blank");
}

/// A ratio is handed on as what it stands for.
bool Mapper::set_ratio(Line& line) {
    if (!uses(Field::kRatio)) {
        return true;
    }
    const auto ratio = parse_ratio(line.text(Field::kRatio));
    if (!ratio) {
        return reject(Field::kRatio, ratio.error().message);
    }
    line.set_text(Field::kNumerator, std::to_string(ratio->first));
    line.set_text(Field::kDenominator, std::to_string(ratio->second));
    return true;
}

bool Mapper::set_quantity(Line& line) {
    line.quantity = 0;
    if (spec_->target != Target::kMovements && spec_->target != Target::kStock) {
        return true;
    }
    const auto field = spec_->target == Target::kStock ? Field::kOnHand
                       : uses(Field::kDelta)           ? Field::kDelta
                                                       : Field::kQuantity;
    const auto quantity = parse_integer(line.text(field));
    if (!quantity) {
        return reject(
            field, line.text(field).empty() ? std::string("is blank") : quantity.error().message
        );
    }
    line.quantity = *quantity;
    if (field == Field::kOnHand) {
        return true;
    }
    if (*quantity == 0) {
        return reject(field, "is zero, so nothing would move");
    }
    const auto sign = line.text(Field::kSign);
    if (!sign.empty() && sign != "auto" && sign != "negate" && sign != "as-is") {
        return reject(Field::kSign, "\"" + std::string(sign) + "\" is none of auto, negate, as-is");
    }
    const bool is_auto = sign.empty() || sign == "auto";
    if (sign == "negate" ||
        (is_auto && field == Field::kQuantity && is_outgoing(line.text(Field::kKind)))) {
        if (*quantity == std::numeric_limits<std::int64_t>::min()) {
            return reject(
                field, "\"" + std::string(line.text(field)) + "\" does not fit in 64 bits"
            );
        }
        line.quantity = -*quantity;
    }
    return true;
}

std::int64_t content_hash(const Line& line) noexcept {
    // Specified: FNV-1a's offset basis and prime.
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    const auto add = [&hash](std::string_view text) {
        for (const char c : text) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
        }
        hash = (hash ^ 0xFFU) * 0x100000001B3ULL;
    };
    add(line.text(Field::kStore));
    add(line.text(Field::kSku));
    add(line.text(Field::kKind));
    add(line.text(Field::kOccurredAt));
    // Of lots it is no whole number.
    const auto amount = line.text(Field::kQuantity);
    add(line.quantity == 0 && !amount.empty() ? std::string(amount) : std::to_string(line.quantity)
    );
    for (const auto field : {Field::kUnit, Field::kUnitCost, Field::kLot, Field::kExpiresOn}) {
        if (const auto text = line.text(field); !text.empty()) {
            add(field_name(field));
            add(text);
        }
    }
    return static_cast<std::int64_t>(hash);
}

}  // namespace stockd::importer
