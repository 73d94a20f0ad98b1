#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace stockd::config {

using std::chrono::milliseconds;

/// Everything that can be set about stockd; settings.cpp has one row per member with name, range
/// and help. Values here are the defaults.
struct Options {
    // Database.
    std::string database_url;       ///< URL or key=value; empty: libpq's environment variables
    std::string database_url_file;  ///< a file whose first line is the database_url
    std::string embedded;           ///< directory of a private cluster; empty: none
    std::string sample;             ///< directory of data to import into a new private cluster
    std::string name;               ///< of this stockd, for people; empty: the host's name

    // Addresses.
    std::string listen = "127.0.0.1:8080";
    std::string admin_listen = "127.0.0.1:8081";
    std::string allowed_hosts;  ///< names with commas between; "*": any

    // Log.
    std::string log_level = "info";
    std::string log_format = "text";

    // Following the database.
    milliseconds ttl{std::chrono::minutes(15)};  ///< specified: document 1
    milliseconds backstop{1000};
    milliseconds canary_interval{2000};
    /// Rows per second. Chosen: a million rows within 10 minutes, with a margin.
    std::int64_t audit_pace = 2000;
    milliseconds expire_interval{1000};
    milliseconds sync_interval{60'000};
    milliseconds prune_interval{std::chrono::hours(1)};
    milliseconds fold_interval{50};
    milliseconds analytics_interval{60'000};

    // HTTP. Defaults are chosen; web/options.hpp says why.
    std::int64_t web_threads = 0;  ///< 0: one per core
    std::int64_t connections_max = 10'000;
    std::int64_t waiting_max = 10'000;
    std::int64_t unsent_bytes_max = 256LL * 1024 * 1024;
    std::int64_t header_bytes_max = 32 * 1024;
    std::int64_t body_bytes_max = 16 * 1024;
    milliseconds request_timeout{10'000};
    milliseconds idle_timeout{60'000};
    milliseconds write_timeout{10'000};
    milliseconds wait_max{30'000};
    milliseconds stop_grace{5000};

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace stockd::config
