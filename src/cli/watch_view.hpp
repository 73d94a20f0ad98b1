#pragma once

#include "cli/feed.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

/// What `stockctl watch` shows of the feed. Pure.
namespace stockd::cli {

/// "2026-01-02T03:04:05.678Z  LONDON  85123A  -3 -> 44 on hand, 44 available  sale  v12  by anna:
/// order 7"
[[nodiscard]] std::string render_line(const FeedRow& row);

/// One line of --json.
[[nodiscard]] std::string render_json(const FeedRow& row);

/// The stock rows last heard of, newest first, for a terminal.
class WatchTable {
  public:
    /// Starts with a row as it is now; older than everything that changes later.
    void set(
        const std::string& store,
        const std::string& sku,
        std::int64_t on_hand,
        std::int64_t reserved,
        std::int64_t version,
        const std::string& updated_at
    );
    void apply(const FeedRow& row);
    void clear();

    /// A heading, the table cut to the terminal's size, the last sentences for people.
    [[nodiscard]] std::string render(
        std::size_t lines, std::size_t columns, const std::string& heading
    ) const;

    void say(const std::string& sentence);

  private:
    struct Line {
        std::int64_t on_hand = 0;
        std::int64_t reserved = 0;
        std::int64_t version = 0;
        std::string last_change;
        std::string at;
        std::uint64_t order = 0;
    };

    using Key = std::pair<std::string, std::string>;

    /// Chosen: more than any terminal shows; the oldest go first.
    static constexpr std::size_t kLinesMax = 1000;
    static constexpr std::size_t kSentencesMax = 3;

    Line& touch(const std::string& store, const std::string& sku);

    std::map<Key, Line> lines_;
    std::map<std::uint64_t, Key> by_order_;
    std::deque<std::string> sentences_;
    std::uint64_t next_order_ = 1;
};

}  // namespace stockd::cli
