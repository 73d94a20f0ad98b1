#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace stockd::views {

struct ReaderOptions {
    std::string database_url;
    /// Shown in pg_stat_activity, with " views" behind it.
    std::string name = "stockd";
    /// Pages that are read at one time, each over a connection of its own. Chosen: enough that one
    /// slow page does not hold up the others, few enough that readers do not crowd out writers.
    std::size_t connections = 2;
    /// Pages that may wait for a connection.
    std::size_t waiting_max = 1000;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds statement_timeout{5000};
};

/// A page of a view as the database gives it.
struct Page {
    std::string body;      ///< a JSON object: items and next
    std::string position;  ///< short hash; empty: nothing was folded yet
    std::optional<std::int64_t> age_ms;
};

/// Reads pages of the views (inventory._view_page) on a thread of its own. Connects when it is
/// first asked, and again after a failure. Any thread.
class Reader {
  public:
    using Done = std::function<void(base::Result<Page>)>;

    explicit Reader(ReaderOptions options);
    /// Stops.
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Reader(Reader&&) = delete;
    Reader& operator=(Reader&&) = delete;

    /// `filters`: a JSON object of texts. `done` runs once, on the reader's thread or before the
    /// call returns. Errors: those of the database (kInvalidArgument, kNotFound); kUnavailable when
    /// it cannot be reached, too many wait, or the reader stops; kTimeout when `deadline` comes
    /// first.
    void page(std::string view, std::string filters, base::SteadyTime deadline, Done done);
    /// Has the relay rebuild the views, or the next one.
    void ask_for_rebuild(base::SteadyTime deadline, Done done);

    void stop();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stockd::views
