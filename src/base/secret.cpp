#include "base/secret.hpp"

#include <cctype>
#include <cstddef>

namespace stockd::base {

namespace {

constexpr std::string_view kMask = "***";

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

/// libpq's values: quoted with backslash or doubled quotes inside, or up to a blank; in a URL also
/// up to '&'.
std::size_t end_of_value(std::string_view text, std::size_t at) {
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
    while (at < text.size() && !is_space(text[at]) && text[at] != '&' && text[at] != '"') {
        at += text[at] == '\\' ? 2U : 1U;
    }
    return at < text.size() ? at : text.size();
}

void mask_keywords(std::string& text) {
    constexpr std::string_view kKey = "password";
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

void mask_urls(std::string& text) {
    for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
        const auto begin = at + 3;
        auto end = begin;
        while (end < text.size() && !is_space(text[end]) && text[end] != '/' && text[end] != '?' &&
               text[end] != '"') {
            ++end;
        }
        const auto host = text.rfind('@', end == 0 ? 0 : end - 1);
        if (host == std::string::npos || host < begin) {
            continue;
        }
        const auto colon = text.find(':', begin);
        if (colon != std::string::npos && colon < host) {
            text.replace(colon + 1, host - colon - 1, kMask);
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
