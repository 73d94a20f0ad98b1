#include "base/secret.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>

namespace stockd::base {

namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kKey = "password";

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

std::size_t end_of_word(std::string_view text, std::size_t at) {
    while (at < text.size() && !is_space(text[at])) {
        ++at;
    }
    return at;
}

/// Whether this place of the text belongs to a URL, which began in the same word.
bool is_in_url(std::string_view text, std::size_t at) {
    auto begin = at;
    while (begin > 0 && !is_space(text[begin - 1])) {
        --begin;
    }
    return text.substr(begin, at - begin).find("://") != std::string_view::npos;
}

/// libpq's values: quoted with backslash or doubled quotes inside, or up to a blank; in a URL never
/// quoted, and up to '&' or a blank.
std::size_t end_of_value(std::string_view text, std::size_t at) {
    if (is_in_url(text, at)) {
        return std::min(text.find('&', at), end_of_word(text, at));
    }
    if (at < text.size() && text[at] == '\'') {
        for (++at; at < text.size(); ++at) {
            if (text[at] == '\\' ||
                (text[at] == '\'' && at + 1 < text.size() && text[at + 1] == '\'')) {
                ++at;
            } else if (text[at] == '\'') {
                return at + 1;
            }
        }
        return text.size();
    }
    while (at < text.size() && !is_space(text[at])) {
        at += text[at] == '\\' ? 2U : 1U;
    }
    return std::min(at, text.size());
}

void mask_keywords(std::string& text) {
    for (auto at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at + 1)) {
        auto value = at + kKey.size();
        while (value < text.size() && is_space(text[value])) {
            ++value;
        }
        if (value >= text.size() || text[value] != '=') {
            continue;
        }
        ++value;
        while (value < text.size() && is_space(text[value])) {
            ++value;
        }
        text.replace(value, end_of_value(text, value) - value, kMask);
    }
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const auto* digits = text.data() + i + 1;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// The parameters of a URL whose names hide behind percent signs; mask_keywords() sees the others.
void mask_parameters(std::string& text, std::size_t query) {
    while (query < text.size() && !is_space(text[query])) {
        ++query;  // '?' or '&'
        const auto end = std::min(text.find('&', query), end_of_word(text, query));
        const auto equals = text.find('=', query);
        if (equals >= end) {
            query = end;
            continue;
        }
        const auto name = percent_decoded(std::string_view{text}.substr(query, equals - query));
        if (name.ends_with(kKey)) {
            text.replace(equals + 1, end - equals - 1, kMask);
            query = equals + 1 + kMask.size();
        } else {
            query = end;
        }
    }
}

/// Where a URL's "user:password@" may end: in a database's, at the last '@' of the word, because
/// people do not always encode what stands before it.
std::size_t end_of_authority(std::string_view text, std::size_t begin) {
    const auto scheme = text.substr(0, begin - 3);
    const auto end = end_of_word(text, begin);
    if (scheme.ends_with("postgres") || scheme.ends_with("postgresql")) {
        return end;
    }
    return std::min(text.find_first_of("/?", begin), end);
}

void mask_urls(std::string& text) {
    for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
        const auto begin = at + 3;
        const auto end = end_of_authority(text, begin);
        const auto host = text.rfind('@', end == 0 ? 0 : end - 1);
        const auto colon = text.find(':', begin);
        if (host != std::string::npos && host >= begin && colon < host) {
            text.replace(colon + 1, host - colon - 1, kMask);
        }
        if (const auto query = text.find('?', begin); query < end_of_word(text, begin)) {
            mask_parameters(text, query);
        }
    }
}

}  // namespace

std::string mask_secrets(std::string_view text) {
    std::string masked{text};
    mask_urls(masked);
    mask_keywords(masked);
    return masked;
}

}  // namespace stockd::base
