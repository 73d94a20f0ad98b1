#pragma once

#include "cli/output.hpp"
#include "pg/connection.hpp"

#include <string>
#include <vector>

namespace stockd::cli {

/// What an option that was not given is to the database: null.
[[nodiscard]] inline pg::Param given(const std::string& text) {
    return text.empty() ? pg::Param{} : pg::Param{text};
}

/// REQUIRES: the statement has as many columns as the table.
inline void add_rows(Table& table, const pg::Rows& rows) {
    for (int row = 0; row < rows.size(); ++row) {
        std::vector<std::string> cells(static_cast<std::size_t>(rows.columns()));
        for (int column = 0; column < rows.columns(); ++column) {
            cells[static_cast<std::size_t>(column)] = printable(rows.text(row, column));
        }
        table.add(std::move(cells));
    }
}

}  // namespace stockd::cli
