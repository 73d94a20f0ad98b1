#include "importer/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace stockd::importer {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

base::Error wrong(std::string_view text, std::string_view what) {
    constexpr std::size_t kShown = 60;
    std::string shown(text.substr(0, kShown));
    if (text.size() > kShown) {
        shown += "...";
    }
    return {
        base::ErrorCode::kInvalidArgument, "\"" + shown + "\" " + std::string(what), {}, {}, {}};
}

/// Eats `count` digits from the front, as a number; -1 when they are not there.
int eat_digits(std::string_view& text, std::size_t count) noexcept {
    if (text.size() < count ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count), is_digit)) {
        return -1;
    }
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool eat(std::string_view& text, std::string_view any_of) noexcept {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

bool eat_date(std::string_view& text) noexcept {
    constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int year = eat_digits(text, 4);
    if (year < 1 || !eat(text, "-")) {
        return false;
    }
    const int month = eat_digits(text, 2);
    if (month < 1 || month > 12 || !eat(text, "-")) {
        return false;
    }
    const int day = eat_digits(text, 2);
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int days = kDays[static_cast<std::size_t>(month) - 1] + (month == 2 && is_leap ? 1 : 0);
    return day >= 1 && day <= days;
}

bool eat_time_of_day(std::string_view& text) noexcept {
    const int hour = eat_digits(text, 2);
    if (hour < 0 || hour > 23 || !eat(text, ":")) {
        return false;
    }
    const int minute = eat_digits(text, 2);
    if (minute < 0 || minute > 59) {
        return false;
    }
    if (eat(text, ":")) {
        const int second = eat_digits(text, 2);
        if (second < 0 || second > 59) {
            return false;
        }
        if (eat(text, ".")) {
            std::size_t digits = 0;
            while (!text.empty() && is_digit(text.front())) {
                text.remove_prefix(1);
                ++digits;
            }
            return digits >= 1 && digits <= 9;
        }
    }
    return true;
}

bool eat_zone(std::string_view& text) noexcept {
    if (eat(text, "Zz")) {
        return true;
    }
    if (!eat(text, "+-")) {
        return false;
    }
    const int hours = eat_digits(text, 2);
    if (hours < 0 || hours > 14) {
        return false;
    }
    if (text.empty()) {
        return true;
    }
    (void)eat(text, ":");
    const int minutes = eat_digits(text, 2);
    return minutes >= 0 && minutes <= 59;
}

/// "1,250,000": groups of three after the first.
bool are_groups(std::string_view digits) noexcept {
    const auto first = digits.find(',');
    if (first == std::string_view::npos) {
        return true;
    }
    if (first == 0 || first > 3) {
        return false;
    }
    for (std::size_t at = first; at < digits.size(); at += 4) {
        const auto group = digits.substr(at + 1, 3);
        if (digits[at] != ',' || group.size() != 3 || group.find(',') != std::string_view::npos) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

base::Result<std::int64_t> parse_integer(std::string_view text) {
    auto digits = trim(text);
    if (digits.starts_with('+') && digits.size() > 1 && is_digit(digits[1])) {
        digits.remove_prefix(1);
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) {
        return wrong(trim(text), "does not fit in 64 bits");
    }
    if (error != std::errc{}) {
        return wrong(trim(text), "is not a number");
    }
    std::string_view rest{end, static_cast<std::size_t>(digits.data() + digits.size() - end)};
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        if (!std::all_of(rest.begin(), rest.end(), is_digit)) {
            return wrong(trim(text), "is not a number");
        }
        if (std::any_of(rest.begin(), rest.end(), [](char c) { return c != '0'; })) {
            return wrong(trim(text), "is not a whole number");
        }
        return value;
    }
    if (!rest.empty()) {
        return wrong(trim(text), "is not a number");
    }
    return value;
}

base::Result<std::string> parse_money(std::string_view text) {
    auto amount = trim(text);
    for (const std::string_view sign : {"$", "\xC2\xA3", "\xE2\x82\xAC"}) {
        if (amount.starts_with(sign)) {
            amount = trim(amount.substr(sign.size()));
        } else if (amount.ends_with(sign)) {
            amount = trim(amount.substr(0, amount.size() - sign.size()));
        }
    }
    if (amount.starts_with('-')) {
        return wrong(trim(text), "is a negative amount of money");
    }
    const auto point = amount.find('.');
    const auto whole = amount.substr(0, point);
    auto fraction = point == std::string_view::npos ? std::string_view{} : amount.substr(point + 1);
    const bool is_number =
        !whole.empty() &&
        std::all_of(whole.begin(), whole.end(), [](char c) { return is_digit(c) || c == ','; }) &&
        are_groups(whole) && std::all_of(fraction.begin(), fraction.end(), is_digit);
    if (!is_number) {
        return wrong(trim(text), "is not an amount of money");
    }
    while (fraction.size() > 6 && fraction.back() == '0') {
        fraction.remove_suffix(1);
    }
    std::string out;
    std::copy_if(whole.begin(), whole.end(), std::back_inserter(out), is_digit);
    // Specified: numeric(18, 6).
    if (out.size() > 12 || fraction.size() > 6) {
        return wrong(trim(text), "has more than 12 digits before the point or 6 behind it");
    }
    if (!fraction.empty()) {
        out += '.';
        out += fraction;
    }
    return out;
}

base::Result<std::string> parse_amount(std::string_view text) {
    auto number = trim(text);
    if (number.starts_with('+')) {
        number.remove_prefix(1);
    }
    const bool is_negative = number.starts_with('-');
    if (is_negative) {
        number.remove_prefix(1);
    }
    const auto point = number.find('.');
    auto whole = number.substr(0, point);
    auto fraction = point == std::string_view::npos ? std::string_view{} : number.substr(point + 1);
    const bool is_number = !(whole.empty() && fraction.empty()) &&
                           std::all_of(whole.begin(), whole.end(), is_digit) &&
                           std::all_of(fraction.begin(), fraction.end(), is_digit);
    if (!is_number) {
        return wrong(trim(text), "is not a number");
    }
    while (whole.starts_with('0')) {
        whole.remove_prefix(1);
    }
    while (fraction.ends_with('0')) {
        fraction.remove_suffix(1);
    }
    if (is_negative || (whole.empty() && fraction.empty())) {
        return wrong(trim(text), "is not above 0");
    }
    // Specified: what _line_quantity() takes.
    if (whole.size() > 15 || fraction.size() > 9) {
        return wrong(trim(text), "has more than 15 digits before the point or 9 behind it");
    }
    std::string out(whole.empty() ? "0" : whole);
    if (!fraction.empty()) {
        out += '.';
        out += fraction;
    }
    return out;
}

base::Result<std::pair<std::int64_t, std::int64_t>> parse_ratio(std::string_view text) {
    // Specified: what set_conversion_mapping() takes.
    constexpr std::int64_t kMost = 1'000'000;
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        const auto above = parse_integer(text.substr(0, slash));
        const auto below = parse_integer(text.substr(slash + 1));
        if (!above || !below || *above < 1 || *below < 1) {
            return wrong(trim(text), "is not a fraction of whole numbers above 0");
        }
        numerator = *above;
        denominator = *below;
    } else {
        const auto amount = parse_amount(text);
        if (!amount) {
            return amount.error();
        }
        const auto point = amount->find('.');
        // More digits would be more than what is taken anyway, and not fit in 64 bits.
        if (std::min(point, amount->size()) > 7) {
            return wrong(trim(text), "is more than 1000000");
        }
        for (const char digit : *amount) {
            if (digit != '.') {
                numerator = numerator * 10 + (digit - '0');
            }
        }
        for (auto at = point; at != std::string::npos && at + 1 < amount->size(); ++at) {
            denominator *= 10;
        }
    }
    const auto common = std::gcd(numerator, denominator);
    numerator /= common;
    denominator /= common;
    if (numerator > kMost || denominator > kMost) {
        return wrong(trim(text), "is no fraction of whole numbers up to 1000000; a third is 1/3");
    }
    return std::pair{numerator, denominator};
}

base::Result<std::string> parse_time(std::string_view text) {
    const auto whole = trim(text);
    auto rest = whole;
    bool is_right = eat_date(rest);
    if (is_right && eat(rest, "T ")) {
        is_right = eat_time_of_day(rest);
        rest = trim(rest);
        if (is_right && !rest.empty()) {
            is_right = eat_zone(rest);
        }
    }
    if (!is_right || !rest.empty()) {
        return wrong(whole, "is not a date (YYYY-MM-DD) or a time (YYYY-MM-DD HH:MM:SS)");
    }
    return std::string(whole);
}

base::Result<std::string> parse_date(std::string_view text) {
    const auto whole = trim(text);
    auto rest = whole;
    if (!eat_date(rest) || !rest.empty()) {
        return wrong(whole, "is not a date (YYYY-MM-DD)");
    }
    return std::string(whole);
}

base::Result<bool> parse_boolean(std::string_view text) {
    std::string word(trim(text));
    fold_upper(word);
    for (const std::string_view yes : {"TRUE", "T", "YES", "Y", "1"}) {
        if (word == yes) {
            return true;
        }
    }
    for (const std::string_view no : {"FALSE", "F", "NO", "N", "0"}) {
        if (word == no) {
            return false;
        }
    }
    return wrong(trim(text), "is neither true nor false");
}

void fold_upper(std::string& text) noexcept {
    for (auto& c : text) {
        if (c >= 'a' && c <= 'z') {
            c = static_cast<char>(c - 'a' + 'A');
        }
    }
}

bool matches_glob(std::string_view text, std::string_view pattern) noexcept {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (at < text.size()) {
        if (in < pattern.size() && pattern[in] == '*') {
            star = in++;
            retry = at;
        } else if (in < pattern.size() && (pattern[in] == '?' || pattern[in] == text[at])) {
            ++at;
            ++in;
        } else if (star != std::string_view::npos) {
            in = star + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

std::size_t length_of(std::string_view utf8) noexcept {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

}  // namespace stockd::importer
