#include "migrate/statements.hpp"

#include <algorithm>

namespace stockd::migrate {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool is_word_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool is_word(char c) {
    return is_word_start(c) || (c >= '0' && c <= '9') || c == '$';
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// Walks over the text once; each skip_* moves past one lexical thing.
class Splitter {
  public:
    explicit Splitter(std::string_view text)
        : text_(text) {}

    std::vector<Statement> split() {
        while (at_ < text_.size()) {
            step();
        }
        finish_statement();
        return std::move(statements_);
    }

  private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    void step() {
        const char c = peek();
        if (is_space(c)) {
            advance(1);
        } else if (c == '-' && peek(1) == '-') {
            skip_line_comment();
        } else if (c == '/' && peek(1) == '*') {
            skip_block_comment();
        } else if (c == ';' && parentheses_ == 0 && atomic_depth_ == 0) {
            finish_statement();
            advance(1);
        } else {
            start_statement();
            step_inside(c);
        }
    }

    void step_inside(char c) {
        if (c == '\'') {
            skip_quoted('\'', /*backslash_escapes=*/false);
        } else if (c == '"') {
            skip_quoted('"', /*backslash_escapes=*/false);
        } else if ((c == 'e' || c == 'E') && peek(1) == '\'') {
            advance(1);
            skip_quoted('\'', /*backslash_escapes=*/true);
        } else if (c == '$' && skip_dollar_quoted()) {
        } else if (is_word_start(c)) {
            skip_word();
        } else {
            parentheses_ += c == '(' ? 1 : 0;
            parentheses_ -= c == ')' && parentheses_ > 0 ? 1 : 0;
            advance(1);
        }
    }

    void advance(std::size_t count) {
        const auto end = std::min(at_ + count, text_.size());
        line_ += static_cast<int>(std::count(
            text_.begin() + static_cast<std::ptrdiff_t>(at_),
            text_.begin() + static_cast<std::ptrdiff_t>(end),
            '\n'
        ));
        at_ = end;
    }

    void start_statement() {
        if (!started_) {
            started_ = true;
            start_ = at_;
            start_line_ = line_;
            words_ = 0;
            is_routine_ = false;
        }
    }

    void finish_statement() {
        if (started_) {
            auto sql = text_.substr(start_, at_ - start_);
            while (!sql.empty() && is_space(sql.back())) {
                sql.remove_suffix(1);
            }
            statements_.push_back({std::string(sql), start_line_});
        }
        started_ = false;
        parentheses_ = 0;
        atomic_depth_ = 0;
    }

    void skip_line_comment() {
        const auto end = text_.find('\n', at_);
        advance(end == std::string_view::npos ? text_.size() - at_ : end - at_);
    }

    void skip_block_comment() {
        int depth = 0;
        do {
            if (peek() == '/' && peek(1) == '*') {
                ++depth;
                advance(2);
            } else if (peek() == '*' && peek(1) == '/') {
                --depth;
                advance(2);
            } else {
                advance(1);
            }
        } while (depth > 0 && at_ < text_.size());
    }

    /// A doubled quote is two adjacent strings here, which comes to the same.
    void skip_quoted(char quote, bool backslash_escapes) {
        advance(1);
        while (at_ < text_.size() && peek() != quote) {
            advance(backslash_escapes && peek() == '\\' ? 2 : 1);
        }
        advance(1);
        if (backslash_escapes && peek() == quote) {
            skip_quoted(quote, true);
        }
    }

    bool skip_dollar_quoted() {
        std::size_t length = 1;
        while (peek(length) != '$') {
            const char c = peek(length);
            if (!is_word(c) || (length == 1 && !is_word_start(c))) {
                return false;
            }
            ++length;
        }
        const auto tag = text_.substr(at_, length + 1);
        const auto end = text_.find(tag, at_ + tag.size());
        advance(end == std::string_view::npos ? text_.size() - at_ : end + tag.size() - at_);
        return true;
    }

    /// As psql: only CREATE [OR REPLACE] FUNCTION or PROCEDURE may hold semicolons outside quotes,
    /// in BEGIN ATOMIC ... END.
    void skip_word() {
        std::size_t length = 1;
        while (is_word(peek(length))) {
            ++length;
        }
        const auto word = lower(text_.substr(at_, length));
        ++words_;
        if (words_ == 1) {
            is_create_ = word == "create";
        }
        if (is_create_ && words_ <= 4 && (word == "function" || word == "procedure")) {
            is_routine_ = true;
        }
        if (is_routine_ && parentheses_ == 0) {
            track_atomic(word);
        }
        advance(length);
    }

    void track_atomic(const std::string& word) {
        if (word == "begin" || (word == "case" && atomic_depth_ > 0)) {
            ++atomic_depth_;
        } else if (word == "end" && atomic_depth_ > 0) {
            --atomic_depth_;
        }
    }

    std::string_view text_;
    std::vector<Statement> statements_;
    std::size_t at_ = 0;
    int line_ = 1;
    bool started_ = false;
    std::size_t start_ = 0;
    int start_line_ = 1;
    int words_ = 0;
    bool is_create_ = false;
    bool is_routine_ = false;
    int parentheses_ = 0;
    int atomic_depth_ = 0;
};

}  // namespace

std::vector<Statement> split_statements(std::string_view text) {
    return Splitter(text).split();
}

std::string first_word(std::string_view sql) {
    std::size_t length = 0;
    while (length < sql.size() && is_word(sql[length])) {
        ++length;
    }
    return lower(sql.substr(0, length));
}

std::string abbreviate(std::string_view sql, std::size_t limit) {
    std::string out;
    bool gap = false;
    for (const char c : sql) {
        if (is_space(c)) {
            gap = !out.empty();
            continue;
        }
        if (gap) {
            out += ' ';
            gap = false;
        }
        out += c;
        if (out.size() >= limit) {
            return out + " ...";
        }
    }
    return out;
}

}  // namespace stockd::migrate
