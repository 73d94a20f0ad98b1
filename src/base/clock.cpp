#include "base/clock.hpp"

#include <cstdio>

namespace stockd::base {

namespace {

constexpr std::int64_t kUsPerDay = 86'400'000'000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

void put_digits(char* at, unsigned value, int width) {
    for (int i = width - 1; i >= 0; --i) {
        at[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

}  // namespace

Timestamp now_utc() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

void append_iso8601(std::string& out, Timestamp time) {
    const std::int64_t days = floor_div(time.unix_us, kUsPerDay);
    const auto ms_of_day = static_cast<unsigned>((time.unix_us - days * kUsPerDay) / 1000);
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    char text[] = "0000-00-00T00:00:00.000Z";
    const int year = static_cast<int>(date.year());
    put_digits(text, static_cast<unsigned>(year < 0 ? 0 : year), 4);
    put_digits(text + 5, static_cast<unsigned>(date.month()), 2);
    put_digits(text + 8, static_cast<unsigned>(date.day()), 2);
    put_digits(text + 11, ms_of_day / 3'600'000, 2);
    put_digits(text + 14, ms_of_day / 60'000 % 60, 2);
    put_digits(text + 17, ms_of_day / 1000 % 60, 2);
    put_digits(text + 20, ms_of_day % 1000, 3);
    out.append(text, sizeof text - 1);
}

std::string to_iso8601(Timestamp time) {
    std::string text;
    append_iso8601(text, time);
    return text;
}

}  // namespace stockd::base
