#include "cli/exact_json.hpp"

#include <boost/json/parse.hpp>

namespace stockd::cli {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/// Goes over a text and knows whether it is inside a string.
class Strings {
  public:
    /// Whether this character, the next one, is part of a string (its quotes are).
    bool takes(char c) {
        const bool was_inside = is_inside_;
        if (is_escaped_) {
            is_escaped_ = false;
        } else if (is_inside_ && c == '\\') {
            is_escaped_ = true;
        } else if (c == '"') {
            is_inside_ = !is_inside_;
        }
        return was_inside || c == '"';
    }

  private:
    bool is_inside_ = false;
    bool is_escaped_ = false;
};

/// What stands between the outermost brackets, cut at each `separator` that is in no inner one.
std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    Strings strings;
    int depth = 0;
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (strings.takes(c)) {
            continue;
        }
        depth += c == '[' || c == '{' ? 1 : 0;
        depth -= c == ']' || c == '}' ? 1 : 0;
        if (depth == 0 && c == separator) {
            parts.push_back(trimmed(text.substr(from, at - from)));
            from = at + 1;
        }
    }
    if (const auto last = trimmed(text.substr(from)); !last.empty()) {
        parts.push_back(last);
    }
    return parts;
}

/// What is between these brackets; nothing when the text does not begin with the opening one.
std::string_view inside(std::string_view text, char open) {
    text = trimmed(text);
    return text.empty() || text.front() != open ? std::string_view{}
                                                : text.substr(1, text.size() - 2);
}

}  // namespace

bool is_json(std::string_view text) {
    boost::json::error_code error;
    (void)boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
    return !error;
}

std::string compact_json(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    Strings strings;
    for (const char c : text) {
        if (strings.takes(c) || !is_blank(c)) {
            out += c;
        }
    }
    return out;
}

std::vector<std::string_view> json_elements(std::string_view text) {
    return split(inside(text, '['), ',');
}

std::string_view json_member(std::string_view text, std::string_view name) {
    for (const auto member : split(inside(text, '{'), ',')) {
        const auto parts = split(member, ':');
        if (parts.size() == 2 && parts.front().size() == name.size() + 2 &&
            parts.front().substr(1, name.size()) == name) {
            return parts.back();
        }
    }
    return {};
}

}  // namespace stockd::cli
