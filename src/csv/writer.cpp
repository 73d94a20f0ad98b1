#include "csv/writer.hpp"

#include <algorithm>

namespace stockd::csv {

void append_field(std::string& out, std::string_view field, char delimiter) {
    const auto is_special = [delimiter](char c) {
        return c == delimiter || c == '"' || c == '\n' || c == '\r';
    };
    const bool has_outer_blank = !field.empty() && (field.front() == ' ' || field.back() == ' ');
    // At the beginning of a file a reader would take the mark for one of the file.
    const bool has_mark = field.starts_with("\uFEFF");
    if (!has_outer_blank && !has_mark && std::none_of(field.begin(), field.end(), is_special)) {
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
