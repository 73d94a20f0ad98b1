#include "web/parameters.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace stockd::web {

namespace {

struct ParameterName {
    std::string_view name;
    Parameter bit;
};

constexpr std::array kParameters{
    ParameterName{"store", kStore},
    ParameterName{"id", kId},
    ParameterName{"ids", kIds},
    ParameterName{"quantity", kQuantity},
    ParameterName{"unit", kUnit},
    ParameterName{"limit", kLimit},
    ParameterName{"cursor", kCursor},
    ParameterName{"ticket", kTicket},
    ParameterName{"min_version", kMinVersion},
    ParameterName{"wait_ms", kWaitMs},
};

/// Codes from ids= and id=, without repeats.
class IdCollector {
  public:
    IdCollector(std::vector<std::string>& ids, std::size_t max)
        : ids_(ids),
          max_(max) {}

    std::optional<Problem> add(std::string_view id) {
        if (id.empty()) {
            return bad_request("A product code is empty", "Give ids=a,b or id=a&id=b.");
        }
        if (++given_ > max_) {
            return bad_request(
                "Too many products: at most " + std::to_string(max_) + " in one request",
                "Ask in several requests, or page through /api/inventory?limit=."
            );
        }
        if (seen_.emplace(id).second) {
            ids_.emplace_back(id);
        }
        return std::nullopt;
    }

    std::optional<Problem> add_list(std::string_view list) {
        while (true) {
            const auto comma = list.find(',');
            if (auto problem = add(list.substr(0, comma))) {
                return problem;
            }
            if (comma == std::string_view::npos) {
                return std::nullopt;
            }
            list.remove_prefix(comma + 1);
        }
    }

  private:
    std::vector<std::string>& ids_;
    std::unordered_set<std::string> seen_;
    std::size_t max_;
    std::size_t given_ = 0;
};

constexpr unsigned kHaveDefault = kLimit | kWaitMs;

std::optional<Problem> parse_number(
    Parameter bit,
    std::string_view name,
    std::string_view value,
    std::uint64_t min,
    std::uint64_t max,
    std::uint64_t& out
) {
    const auto number = parse_unsigned(value);
    if (!number || *number < min || *number > max) {
        return bad_request(
            "Parameter " + std::string{name} + " must be a whole number from " +
                std::to_string(min) + " to " + std::to_string(max) + ", and is " + quoted(value),
            (bit & kHaveDefault) != 0 ? "Leave it out for its default, or give such a number."
                                      : "Give such a number."
        );
    }
    out = *number;
    return std::nullopt;
}

/// What one request's query is read into.
class QueryParser {
  public:
    QueryParser(const Limits& limits, ApiRequest& out)
        : limits_(limits),
          out_(out) {}

    std::optional<Problem> read(std::string_view query) {
        QueryReader reader{query};
        while (const auto parameter = reader.next()) {
            if (auto problem = read_one(*parameter)) {
                return problem;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] unsigned given() const { return given_; }

  private:
    std::optional<Problem> read_one(const QueryReader::Parameter& parameter) {
        if (auto problem = decode(parameter.name, Plus::kSpace, "A parameter's name", name_)) {
            return problem;
        }
        const auto known =
            std::find_if(kParameters.begin(), kParameters.end(), [&](const auto& each) {
                return each.name == name_;
            });
        if (known == kParameters.end()) {
            return bad_request(
                "Unknown parameter " + quoted(name_), "Known: " + names_of(~0U) + "."
            );
        }
        if ((given_ & known->bit) != 0 && known->bit != kId) {
            return bad_request(
                "Parameter " + name_ + " is given twice", "Only id may be repeated."
            );
        }
        given_ |= known->bit;
        if (!parameter.value || parameter.value->empty()) {
            return bad_request("Parameter " + name_ + " has no value", "Write " + name_ + "=...");
        }
        if (auto problem = decode(*parameter.value, Plus::kSpace, "Parameter " + name_, value_)) {
            return problem;
        }
        return store(known->bit);
    }

    std::optional<Problem> store(Parameter bit) {
        switch (bit) {
            case kStore:
                out_.store = value_;
                out_.has_store = true;
                return std::nullopt;
            case kId:
                return ids().add(value_);
            case kIds:
                return ids().add_list(value_);
            case kUnit:
                return store_unit();
            case kCursor:
                return store_cursor();
            default:
                return store_number(bit);
        }
    }

    std::optional<Problem> store_unit() {
        const auto unit = base::parse_unit(value_);
        if (!unit) {
            return bad_request(
                "Parameter unit is not a unit: " + quoted(value_), "It is box, pack or piece."
            );
        }
        out_.unit = *unit;
        return std::nullopt;
    }

    std::optional<Problem> store_cursor() {
        auto sku = parse_cursor(value_);
        if (!sku) {
            return bad_request(
                "Parameter cursor is not a cursor of this server: " + quoted(value_),
                "Give nextCursor of the page before, unchanged; leave it out for the first page."
            );
        }
        out_.after_sku = std::move(*sku);
        return std::nullopt;
    }

    std::optional<Problem> store_number(Parameter bit) {
        constexpr std::uint64_t kMaxInt = std::numeric_limits<std::int64_t>::max();
        const auto wait_max = static_cast<std::uint64_t>(limits_.wait_max.count());
        const std::uint64_t min = bit == kWaitMs ? 0 : 1;
        const std::uint64_t max = bit == kLimit    ? limits_.page_max
                                  : bit == kWaitMs ? wait_max
                                                   : kMaxInt;
        std::uint64_t number = 0;
        if (auto problem = parse_number(bit, name_, value_, min, max, number)) {
            return problem;
        }
        switch (bit) {
            case kQuantity:
                out_.quantity = static_cast<std::int64_t>(number);
                break;
            case kLimit:
                out_.limit = number;
                break;
            case kTicket:
                out_.ticket = number;
                break;
            case kMinVersion:
                out_.min_version = static_cast<std::int64_t>(number);
                break;
            default:
                out_.wait = std::chrono::milliseconds{static_cast<std::int64_t>(number)};
                break;
        }
        return std::nullopt;
    }

    IdCollector& ids() {
        if (!ids_) {
            ids_.emplace(out_.ids, limits_.ids_max);
        }
        return *ids_;
    }

    const Limits& limits_;
    ApiRequest& out_;
    std::optional<IdCollector> ids_;
    std::string name_;
    std::string value_;
    unsigned given_ = 0;
};

}  // namespace

std::string names_of(unsigned bits) {
    std::string text;
    for (const auto& parameter : kParameters) {
        if ((bits & parameter.bit) != 0) {
            text += text.empty() ? "" : ", ";
            text += parameter.name;
        }
    }
    return text.empty() ? "none" : text;
}

std::optional<Problem> decode(
    std::string_view text, Plus plus, std::string_view what, std::string& out
) {
    const auto result = percent_decode(text, plus, out);
    if (result == DecodeResult::kOk) {
        return std::nullopt;
    }
    return bad_request(
        describe_decode(result, what),
        "Percent-encode it as UTF-8, once; a plus sign in a query is a space."
    );
}

std::optional<Problem> read_parameters(
    std::string_view query, const Limits& limits, ApiRequest& out, unsigned& given
) {
    QueryParser parser{limits, out};
    auto problem = parser.read(query);
    given = parser.given();
    return problem;
}

}  // namespace stockd::web
