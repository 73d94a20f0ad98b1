#pragma once

#include <string>
#include <string_view>
#include <vector>

/// JSON of PostgreSQL as it was written: its numbers are decimals of any length, which a double
/// would round (123456789012.123456) or write another way (2.55E0). Pure. All but is_json() are for
/// text that is_json().
namespace stockd::cli {

[[nodiscard]] bool is_json(std::string_view text);

/// Without blanks between its parts.
[[nodiscard]] std::string compact_json(std::string_view text);

/// The elements of an array, and nothing of anything else.
[[nodiscard]] std::vector<std::string_view> json_elements(std::string_view text);

/// A member of an object by its name, written without escapes; empty when there is none.
[[nodiscard]] std::string_view json_member(std::string_view text, std::string_view name);

}  // namespace stockd::cli
