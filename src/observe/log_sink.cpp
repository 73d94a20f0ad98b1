#include "observe/log_sink.hpp"

#include "base/clock.hpp"
#include "observe/log_line.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace stockd::observe {

namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::kTrace:
            return spdlog::level::trace;
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarn:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
        case Level::kOff:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) noexcept {
    for (const auto level :
         {Level::kTrace, Level::kDebug, Level::kInfo, Level::kWarn, Level::kError, Level::kOff}) {
        if (name_of(level) == text) {
            return level;
        }
    }
    return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) noexcept {
    if (text == "text") {
        return LogFormat::kText;
    }
    if (text == "json") {
        return LogFormat::kJson;
    }
    return std::nullopt;
}

struct LogSink::Impl {
    Impl(LogFormat lines, Level level, std::shared_ptr<spdlog::sinks::sink> sink)
        : format(lines),
          logger("stockd", std::move(sink)) {
        logger.set_pattern("%v"
        );  // the whole line is ours: text and JSON carry the same time and level
        logger.set_level(to_spdlog(level));
        logger.flush_on(spdlog::level::trace);  // a log that a crash swallows helps nobody
    }

    LogFormat format;
    spdlog::logger logger;
};

LogSink::LogSink(LogFormat format, Level level)
    : impl_(std::make_unique<Impl>(format, level, std::make_shared<spdlog::sinks::stderr_sink_mt>())
      ) {}

LogSink::LogSink(LogFormat format, Level level, std::ostream& out)
    : impl_(std::make_unique<Impl>(
          format, level, std::make_shared<spdlog::sinks::ostream_sink_mt>(out)
      )) {}

LogSink::~LogSink() = default;

void LogSink::operator()(const Observation& observation) const {
    const auto level = to_spdlog(level_of(observation));
    if (!impl_->logger.should_log(level)) {
        return;
    }
    impl_->logger.log(
        level, "{}", format_line(line_of(observation), impl_->format, base::now_utc())
    );
}

void LogSink::set_level(Level level) {
    impl_->logger.set_level(to_spdlog(level));
}

}  // namespace stockd::observe
