#pragma once

#include <string>
#include <string_view>

/// Pure functions over bytes; any thread.
namespace stockd::csv {

/// Appends one field as RFC 4180 writes it: in quotes when it holds the delimiter, a quote, a line
/// end, or a blank at an end.
void append_field(std::string& out, std::string_view field, char delimiter = ',');

}  // namespace stockd::csv
