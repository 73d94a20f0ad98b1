#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// How the cells of a CSV file are read. Pure; the error's message is a sentence about the value,
/// without its place.
namespace stockd::importer {

/// Without blanks and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Whole numbers: "5", "-5", "+5", and "5.0000" as spreadsheets write them. "2.5" and what does not
/// fit in 64 bits are errors.
[[nodiscard]] base::Result<std::int64_t> parse_integer(std::string_view text);

/// Money as numeric(18, 6) reads it: "$9.99 ", "£1,250.00" and "2.5500" become "9.99", "1250.00"
/// and "2.5500". Not negative.
[[nodiscard]] base::Result<std::string> parse_money(std::string_view text);

/// How many of a unit, exactly as it stands: "0.5", ".50" and "7" become "0.5", "0.5" and "7",
/// which JSON reads as numbers. Above 0, at most 15 digits before the point and 9 behind it.
[[nodiscard]] base::Result<std::string> parse_amount(std::string_view text);

/// "0.25" and "1/4" are 1 and 4: exact, reduced, each from 1 to 1 000 000.
[[nodiscard]] base::Result<std::pair<std::int64_t, std::int64_t>> parse_ratio(std::string_view text
);

/// A date or a point in time: "2010-12-01", "2010-12-01 08:26", with seconds, fraction and zone; T
/// or a blank between them. Returned as PostgreSQL reads it; without a time of day it is midnight.
[[nodiscard]] base::Result<std::string> parse_time(std::string_view text);

/// A day: "2027-01-31".
[[nodiscard]] base::Result<std::string> parse_date(std::string_view text);

/// true, t, yes, y, 1 and their opposites, in any letter case.
[[nodiscard]] base::Result<bool> parse_boolean(std::string_view text);

/// ASCII letters to upper case; others stay.
void fold_upper(std::string& text) noexcept;

/// `*` is any text, `?` one byte; everything else is itself.
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view pattern) noexcept;

/// Characters, not bytes, of UTF-8 text.
[[nodiscard]] std::size_t length_of(std::string_view utf8) noexcept;

}  // namespace stockd::importer
