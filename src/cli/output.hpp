#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

/// How stockctl prints: data on stdout, talk on stderr. Pure but for the print_* functions.
namespace stockd::cli {

enum class Align { kLeft, kRight };

/// Columns padded to their widest cell, two blanks between; cells are measured in code points.
class Table {
  public:
    struct Column {
        std::string title;
        Align align = Align::kLeft;
    };

    explicit Table(std::vector<Column> columns)
        : columns_(std::move(columns)) {}

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

    [[nodiscard]] std::string render() const;

    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// Text without control characters, which a terminal could obey: each becomes '?'.
[[nodiscard]] std::string printable(std::string_view text);

/// On one line, its numbers as people and every reader of JSON write them: 0.998, never 9.98E-1.
[[nodiscard]] std::string json_text(const boost::json::value& value);

/// Writes a whole text; a reader that went away (a closed pipe) is no error of ours.
void print_out(std::string_view text);
void print_err(std::string_view text);

}  // namespace stockd::cli
