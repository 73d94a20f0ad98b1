#pragma once

#include "source/options.hpp"

#include <cstdint>
#include <string>

namespace stockd::source {

/// L talks to the server at least this often, whatever the backstop is, so that every follower
/// knows what silence means.
constexpr milliseconds kTalkAtLeastEvery{1000};
/// And while D waits for an answer.
constexpr milliseconds kTalkWhileWaiting{250};
/// So many missed talks, and a relay is taken for dead: by the server, which frees its locks, and
/// by the followers.
constexpr int kTalksMissed = 4;
/// L is given up when it leaves such a talk unanswered for longer. Chosen: as long as a copy may go
/// unmarked (SourceOptions::stale_after), since this thread does nothing else meanwhile.
constexpr milliseconds kAnswersWithin{5000};

/// What a connection that drains, loads, makes months, does chores, or folds is set to after
/// connecting.
[[nodiscard]] std::string d_settings(const SourceOptions& options);
[[nodiscard]] std::string load_settings(const SourceOptions& options);
[[nodiscard]] std::string months_settings();
[[nodiscard]] std::string chores_settings();
/// Whether somebody's lock was in the way: nothing was read, and the session is as good as before.
[[nodiscard]] bool is_locked_out(const base::Error& error) noexcept;
[[nodiscard]] std::string fold_settings(const SourceOptions& options);
/// Whether it is the connection's or the server's, and not of what was asked.
[[nodiscard]] bool is_failure_of_link(const base::Error& error) noexcept;

/// A whole number in the first row; 0 for what is none.
[[nodiscard]] std::int64_t number_at(const pg::Rows& rows, int column, int row = 0);

/// A statement that gives those after it so much time.
[[nodiscard]] std::string statement_limit(milliseconds time);

}  // namespace stockd::source
