#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stockd::migrate {

/// One SQL statement of a file, without its semicolon and without the comments before it.
struct Statement {
    std::string sql;
    int line = 1;  ///< of its first character, counted from the start of the text given
};

/// Splits SQL text as psql does: quotes, dollar quotes, nested comments, parentheses and BEGIN
/// ATOMIC bodies are respected. Pure. Unterminated quotes are left in the last statement: the
/// server will name them.
[[nodiscard]] std::vector<Statement> split_statements(std::string_view text);

/// The first word in lower case ("create"), empty when there is none.
[[nodiscard]] std::string first_word(std::string_view sql);

/// The statement on one line of at most `limit` characters, for messages.
[[nodiscard]] std::string abbreviate(std::string_view sql, std::size_t limit = 100);

}  // namespace stockd::migrate
