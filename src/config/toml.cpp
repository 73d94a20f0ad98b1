#include "config/toml.hpp"

#include <algorithm>
#include <cctype>

namespace stockd::config {

namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

base::Error at_line(int line, const std::string& what) {
    return {
        base::ErrorCode::kInvalidArgument,
        "line " + std::to_string(line) + ": " + what,
        {},
        {},
        {}};
}

bool is_bare_key(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    });
}

/// What may follow a value: blanks and a comment.
bool is_rest(std::string_view text) {
    text = trim(text);
    return text.empty() || text.front() == '#';
}

/// False when the string has no end, an unknown escape, or something behind it.
bool read_string(std::string_view text, std::string& value) {
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) {
            return is_rest(text.substr(i + 1));
        }
        if (quote == '\'' || text[i] != '\\') {
            value += text[i];
            continue;
        }
        if (++i == text.size()) {
            return false;
        }
        switch (text[i]) {
            case 'n':
                value += '\n';
                break;
            case 't':
                value += '\t';
                break;
            case '"':
            case '\\':
                value += text[i];
                break;
            default:
                return false;
        }
    }
    return false;
}

base::Result<Entry> parse_line(std::string_view text, int line) {
    if (text.front() == '[') {
        return at_line(line, "sections are not used here; write the settings one below the other");
    }
    const auto equals = text.find('=');
    const auto key = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || !is_bare_key(key)) {
        return at_line(line, "expected \"name = value\"");
    }
    const auto rest = trim(text.substr(equals + 1));
    Entry entry{std::string(key), {}, line};
    if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) {
        if (!read_string(rest, entry.value)) {
            return at_line(line, "the value of " + entry.key + " is not a properly quoted string");
        }
        return entry;
    }
    const auto value = trim(rest.substr(0, rest.find('#')));
    if (value.empty() || value.find_first_of(" \t\"'[]{}") != std::string_view::npos) {
        return at_line(line, "the value of " + entry.key + " is missing, or needs quotes");
    }
    entry.value = value;
    return entry;
}

}  // namespace

base::Result<std::vector<Entry>> parse_toml(std::string_view text) {
    std::vector<Entry> entries;
    int line = 0;
    while (!text.empty()) {
        ++line;
        const auto end = text.find('\n');
        const auto content = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (content.empty() || content.front() == '#') {
            continue;
        }
        if (content.find('\0') != std::string_view::npos) {
            return at_line(line, "this is not a text file");
        }
        auto entry = parse_line(content, line);
        if (!entry) {
            return entry.error();
        }
        const auto same = std::find_if(entries.begin(), entries.end(), [&](const Entry& earlier) {
            return earlier.key == entry->key;
        });
        if (same != entries.end()) {
            return at_line(
                line, entry->key + " is already set in line " + std::to_string(same->line)
            );
        }
        entries.push_back(std::move(*entry));
    }
    return entries;
}

std::string quote_toml(std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        if (c == '\n' || c == '\t') {
            quoted += c == '\n' ? "\\n" : "\\t";
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

}  // namespace stockd::config
