#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace stockd::config {

/// One `key = value` of a settings file, and where it stands.
struct Entry {
    std::string key;
    std::string value;  ///< without its quotes
    int line = 0;
};

/// The part of TOML that a flat list of settings needs: comments, bare keys, strings in double
/// quotes (with \" \\ \n \t) or single quotes, and bare numbers and words. Tables and arrays are
/// refused. Errors name the line; a key given twice is one.
[[nodiscard]] base::Result<std::vector<Entry>> parse_toml(std::string_view text);

/// A value as it is written into such a file.
[[nodiscard]] std::string quote_toml(std::string_view value);

}  // namespace stockd::config
