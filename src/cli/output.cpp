#include "cli/output.hpp"

#include "base/utf8.hpp"
#include "cli/command.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace stockd::cli {

namespace {

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

void append_cell(std::string& line, std::string_view cell, std::size_t width, Align align) {
    const std::string padding(width - std::min(width, width_of(cell)), ' ');
    line += align == Align::kRight ? padding : "";
    line += cell;
    line += align == Align::kLeft ? padding : "";
}

bool is_within(std::string_view character, std::string_view first, std::string_view last) {
    return character.size() == first.size() && character >= first && character <= last;
}

/// What a terminal does not show but does: the control characters, of which U+009B begins a command
/// as ESC [ does, the ends of lines and paragraphs, and what turns the direction of writing, by
/// which a line reads as another.
bool is_obeyed(std::string_view character) {
    return is_within(character, {"\0", 1}, "\x1F") || character == "\x7F" ||
           is_within(character, "\u0080", "\u009F") || character == "\u061C" ||
           is_within(character, "\u200E", "\u200F") || is_within(character, "\u2028", "\u202E") ||
           is_within(character, "\u2066", "\u2069");
}

std::string trimmed_line(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        // A single byte from 0x80 to 0x9F is a control character to a terminal of another encoding.
        const auto length = base::utf8_length(text);
        if (length == 0 || is_obeyed(text.substr(0, length))) {
            out += '?';
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
    return out;
}

std::string Table::render() const {
    std::vector<std::size_t> widths;
    for (const auto& column : columns_) {
        widths.push_back(width_of(column.title));
    }
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    const auto line_of = [&](const auto& cell_at, std::size_t count) {
        std::string line;
        for (std::size_t i = 0; i < count; ++i) {
            line += i == 0 ? "" : "  ";
            append_cell(line, cell_at(i), widths[i], columns_[i].align);
        }
        return trimmed_line(std::move(line));
    };
    std::string out = line_of(
        [&](std::size_t i) -> std::string_view { return columns_[i].title; }, columns_.size()
    );
    for (const auto& row : rows_) {
        out += line_of(
            [&](std::size_t i) -> std::string_view { return row[i]; },
            std::min(row.size(), columns_.size())
        );
    }
    return out;
}

std::string json_text(const boost::json::value& value) {
    std::string out;
    if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object) {
            out += out.empty() ? "{" : ",";
            out += boost::json::serialize(boost::json::value(key)) + ":" + json_text(member);
        }
        return out.empty() ? "{}" : out + "}";
    }
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) {
            out += out.empty() ? "[" : ",";
            out += json_text(element);
        }
        return out.empty() ? "[]" : out + "]";
    }
    const auto* number = value.if_double();
    if (number == nullptr || !std::isfinite(*number)) {
        return boost::json::serialize(value);
    }
    // The shortest that reads back as the same; the largest double has 309 digits, the smallest
    // 1074 places.
    std::array<char, 1100> digits{};
    const auto end = std::to_chars(
        digits.data(), digits.data() + digits.size(), *number, std::chars_format::fixed
    );
    return {digits.data(), end.ptr};
}

void print_out(std::string_view text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    (void)std::fflush(stdout);
}

void print_err(std::string_view text) {
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

int fail(const Globals& globals, const base::Error& error, int exit_code) {
    if (globals.json) {
        boost::json::object body{
            {"code", base::error_code_name(error.code)}, {"message", error.message}};
        for (const auto& [key, value] : {
                 std::pair{"detail", &error.detail},
                 {"hint", &error.hint},
                 {"sqlstate", &error.sqlstate},
             }) {
            if (!value->empty()) {
                body[key] = *value;
            }
        }
        print_err(json_text(boost::json::object{{"error", body}}) + "\n");
        return exit_code;
    }
    std::string text = "stockctl: " + error.message +
                       (error.sqlstate.empty() ? "" : " (SQLSTATE " + error.sqlstate + ")") + "\n";
    if (!error.detail.empty()) {
        text += "  Detail: " + error.detail + "\n";
    }
    if (!error.hint.empty()) {
        text += "  Hint: " + error.hint + "\n";
    }
    print_err(text);
    return exit_code;
}

int fail(const Globals& globals, const base::Error& error) {
    return fail(globals, error, base::exit_code(error.code));
}

}  // namespace stockd::cli
