#pragma once

#include "observe/observation.hpp"

#include <memory>
#include <optional>
#include <ostream>

namespace stockd::observe {

enum class LogFormat : std::uint8_t { kText, kJson };

[[nodiscard]] std::optional<Level> parse_level(std::string_view text) noexcept;
[[nodiscard]] std::optional<LogFormat> parse_log_format(std::string_view text) noexcept;

/// Writes observations as lines: text for people, or one JSON object per line with the keys time,
/// level, event, message, the observation's own fields, and correlation_id. Passwords in any text
/// are masked here, whoever forgot it before. Owned by the composition root; any thread may call
/// it.
class LogSink {
  public:
    /// Lines go to stderr.
    LogSink(LogFormat format, Level level);
    /// Lines go to a stream of the caller's, which must outlive the sink; for tests and tools.
    LogSink(LogFormat format, Level level, std::ostream& out);
    ~LogSink();
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;
    LogSink(LogSink&&) = delete;
    LogSink& operator=(LogSink&&) = delete;

    void operator()(const Observation& observation) const;
    void set_level(Level level);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stockd::observe
