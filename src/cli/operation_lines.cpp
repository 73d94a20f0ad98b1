#include "cli/operation_lines.hpp"

#include "cli/output.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>

namespace stockd::cli {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// A number as JSON writes it, without an exponent: its text can stand in the lines as it is, so
/// that no digit is lost.
bool is_number(std::string_view text) noexcept {
    if (text.starts_with('-')) {
        text.remove_prefix(1);
    }
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const bool is_whole = !whole.empty() && std::all_of(whole.begin(), whole.end(), is_digit) &&
                          (whole.size() == 1 || whole.front() != '0');
    if (!is_whole || point == std::string_view::npos) {
        return is_whole;
    }
    const auto places = text.substr(point + 1);
    return !places.empty() && std::all_of(places.begin(), places.end(), is_digit);
}

std::string quoted(std::string_view text) {
    return boost::json::serialize(
        boost::json::value(boost::json::string_view(text.data(), text.size()))
    );
}

/// Cuts what follows the last `sign` off; nullopt when there is none.
std::optional<std::string_view> take_after(std::string_view& text, char sign) {
    const auto at = text.rfind(sign);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto after = text.substr(at + 1);
    text = text.substr(0, at);
    return after;
}

class LineText {
  public:
    void add(std::string_view field, std::string_view value) {
        text_ += text_.empty() ? "{" : ", ";
        text_ += quoted(field) + ": " + std::string(value);
    }

    [[nodiscard]] std::string finish() && { return std::move(text_) + "}"; }

  private:
    std::string text_;
};

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return out;
}

base::Error wrong(std::string_view word, std::string_view what, const LineForm& form) {
    return {
        base::ErrorCode::kInvalidArgument,
        "\"" + printable(word) + "\": " + std::string(what),
        {},
        "A line is written " + line_syntax(form) + ".",
        {}};
}

base::Result<std::string> line_json(const std::string& word, const LineForm& form) {
    const auto equals = word.rfind('=');
    LineText line;
    const auto left = std::string_view(word).substr(0, equals);
    if (left.empty()) {
        return wrong(word, "nothing stands before the quantity", form);
    }
    if (form.left == "line" && !is_number(left)) {
        return wrong(word, "a line is named by its number", form);
    }
    line.add(form.left, form.left == "line" ? std::string(left) : quoted(left));
    if (equals == std::string::npos) {
        if (!form.is_quantity_optional) {
            return wrong(word, "has no quantity", form);
        }
        return std::move(line).finish();
    }
    auto quantity = std::string_view(word).substr(equals + 1);
    const auto version = form.version.empty() ? std::nullopt : take_after(quantity, '#');
    const auto money = form.money.empty() ? std::nullopt : take_after(quantity, '@');
    const auto unit = take_after(quantity, ':');
    if (form.is_difference && quantity.starts_with('+') && !quantity.starts_with("+-")) {
        quantity.remove_prefix(1);  // JSON knows no plus
    }
    if (!is_number(quantity)) {
        return wrong(word, "\"" + printable(quantity) + "\" is no quantity", form);
    }
    line.add("quantity", quantity);
    if (unit) {
        line.add("unit", quoted(*unit));
    }
    for (const auto& [field, value] : {std::pair{form.money, money}, {form.version, version}}) {
        if (value && !is_number(*value)) {
            return wrong(word, "\"" + printable(*value) + "\" is no number", form);
        }
        if (value) {
            line.add(field, *value);
        }
    }
    return std::move(line).finish();
}

}  // namespace

std::string line_syntax(const LineForm& form) {
    std::string syntax = upper(form.left);
    std::string quantity = "=QUANTITY[:UNIT]";
    if (form.left == "line") {
        quantity = "=QUANTITY";
    }
    if (!form.money.empty()) {
        quantity += "[@" + upper(form.money) + "]";
    }
    if (!form.version.empty()) {
        quantity += "[#" + upper(form.version) + "]";
    }
    return syntax + (form.is_quantity_optional ? "[" + quantity + "]" : quantity);
}

base::Result<std::string> lines_json(const std::vector<std::string>& words, const LineForm& form) {
    std::string out = "[";
    for (const auto& word : words) {
        auto line = line_json(word, form);
        if (!line) {
            return line.error();
        }
        out += (out.size() > 1 ? ", " : "") + *line;
    }
    return out + "]";
}

}  // namespace stockd::cli
