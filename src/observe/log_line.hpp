#pragma once

#include "base/clock.hpp"
#include "observe/log_sink.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// How an observation reads in the log: pure, for the log sink and its tests.
namespace stockd::observe {

using Field = std::pair<std::string_view, std::variant<std::string, std::int64_t, double, bool>>;

struct LogLine {
    std::string_view event;
    std::string message;
    std::vector<Field> fields;
    std::string correlation_id;
    Level level = Level::kInfo;
};

/// At what level an observation is logged; cheap, so that what is not logged is not written out
/// either.
[[nodiscard]] Level level_of(const Observation& observation);
[[nodiscard]] LogLine line_of(const Observation& observation);

/// One line without its line feed; control characters are escaped, so one observation is always one
/// line.
[[nodiscard]] std::string format_line(const LogLine& line, LogFormat format, base::Timestamp time);

}  // namespace stockd::observe
