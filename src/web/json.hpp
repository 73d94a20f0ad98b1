#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// JSON written by appending to a string: the answers are made on every request, so there is no
/// tree in between.
namespace stockd::web {

/// A quoted string. Control characters, quotes and backslashes are escaped; other bytes pass.
/// REQUIRES: valid UTF-8.
void append_json(std::string& out, std::string_view text);
void append_json(std::string& out, std::int64_t number);
void append_json(std::string& out, bool value);
/// As JavaScript's Date in JSON: "2025-01-23T10:30:00.000Z".
void append_json(std::string& out, base::Timestamp time);

// A literal would silently become a bool.
void append_json(std::string& out, const char* text) = delete;

}  // namespace stockd::web
