#include "csv/writer.hpp"

#include <algorithm>

namespace stockd::csv {

void append_field(std::string& out, std::string_view field, char delimiter) {
    const auto is_special = [delimiter](char c) {
        return c == delimiter || c == '"' || c == '\n' || c == '\r';
    };
    const bool has_outer_blank = !field.empty() && (field.front() == ' ' || field.back() == ' ');
    if (!has_outer_blank && std::none_of(field.begin(), field.end(), is_special)) {
        out.append(field);
        return;
    }
    out.push_back('"');
    for (const char c : field) {
        if (c == '"') {
            out.push_back('"');
        }
        out.push_back(c);
    }
    out.push_back('"');
}

}  // namespace stockd::csv
