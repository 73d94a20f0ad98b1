#pragma once

#include "base/result.hpp"
#include "pg/connection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace stockd::source {

using std::chrono::milliseconds;

/// Asked once per connection: whether this program can work with the schema that it finds.
struct SchemaCheck {
    /// One statement without parameters; empty: no check.
    std::string sql;
    /// Judges its outcome. An error (with the command that mends it as hint) keeps the follower out
    /// of this database.
    std::function<base::Result<void>(const base::Result<pg::Rows>&)> judge;
};

/// What may change while a follower runs; the meaning is that of the members below.
struct Paces {
    milliseconds canary_every{2000};
    milliseconds ttl = std::chrono::minutes{15};
    std::int64_t audit_rows_per_s = 2000;
    /// Those who wait already are not sent away.
    std::size_t waiters_max = 10'000;
    milliseconds expire_every{1000};
    milliseconds sync_every{60'000};
    milliseconds prune_every = std::chrono::hours{1};
    milliseconds fold_every{50};
    milliseconds analytics_every{60'000};
};

/// Settings of a follower. Durations that are 0 switch off what they pace.
struct SourceOptions {
    std::string database_url;
    /// Shown in pg_stat_activity and in inventory.daemons.
    std::string name = "stockd";
    SchemaCheck schema_check;

    /// The longest sleep without a look at the feed. 0 (tests): only notifications wake the
    /// follower.
    milliseconds backstop{1000};
    milliseconds election_every{250};
    milliseconds canary_every{2000};
    /// A canary that is out for longer makes the follower not ready.
    milliseconds canary_late_after{5000};
    /// A copy is stale when the database has not been heard for this long.
    milliseconds stale_after{5000};

    milliseconds connect_timeout{10000};
    milliseconds statement_timeout{30000};
    milliseconds load_timeout = std::chrono::hours{1};
    /// Blocks of the stock table from which on a load reads it over two connections: below some
    /// 100 000 rows connecting costs what it gains.
    std::int64_t read_alone_blocks = 1024;
    milliseconds backoff_min{100};
    /// A restart of the database takes some seconds, and by then the pause has grown to this: so
    /// much longer is the copy stale afterwards. Even a hundred followers ask only some dozen times
    /// a second then (the pause is drawn from 0 up to it), which a server that starts refuses
    /// without work.
    milliseconds backoff_max{5000};

    /// The copy is reloaded when neither a load nor a complete audit pass is younger.
    milliseconds ttl = std::chrono::minutes{15};
    /// Pace of the audit: 1 000 000 rows in under 10 minutes. 0: no audit.
    std::int64_t audit_rows_per_s = 2000;
    std::int64_t audit_chunk_rows = 1000;
    /// A new pass starts at most this often.
    milliseconds audit_pass_every{60000};

    /// How often the relay has the ledger's months made, and how soon again when that failed.
    milliseconds months_every = std::chrono::hours{24};
    milliseconds months_again = std::chrono::minutes{5};

    /// How often the relay lets holds expire whose time is over, syncs what tills queued, and lets
    /// idempotency keys go that are older than the offline window.
    milliseconds expire_every{1000};
    milliseconds sync_every{60'000};
    milliseconds prune_every = std::chrono::hours{1};
    /// How far apart the relay's folds of the views are while changes stream in, and at least how
    /// far apart it works out their analytics.
    milliseconds fold_every{50};
    milliseconds analytics_every{60'000};
    /// How soon a connection for these that was lost is opened again.
    milliseconds chores_again{5000};

    /// How far apart the relay's drains are while changes stream in: so many more changes in each,
    /// and so many fewer broadcasts. It holds up no sleeper: a parked relay drains at once, and so
    /// does whoever waits. Chosen: a change may take 20 ms at 80 % load, of which the wait for the
    /// drain is the part that can be chosen (docs/decisions/0008-drain-pace.md).
    milliseconds busy_pace{5};
    /// How far apart a follower's drains are that the relay's telling begins. A lone change is read
    /// at once, and whoever waits is drained for at once, too. Chosen: a follower then costs the
    /// database some 5 % of 2 000 writes a second (docs/decisions/0008-drain-pace.md).
    milliseconds told_pace{50};
    /// Doorbells per second above which the relay lingers awake instead of parking.
    double rings_per_s_max = 100;
    /// Requests that may wait at one time.
    std::size_t waiters_max = 10'000;
};

}  // namespace stockd::source
