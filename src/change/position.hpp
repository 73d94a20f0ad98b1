#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "change/snapshot.hpp"

#include <string>
#include <string_view>

namespace stockd::change {

/// How far a reader of the feed has come: everything visible in the snapshot has been read.
///
/// Text form, opaque to users: "s1.<incarnation, 16 hex>.<since, unix us>.<taken, unix
/// us>.<pg_snapshot>".
struct Position {
    /// The life of the database that the snapshot belongs to; 16 lower-case hex digits.
    std::string incarnation;
    /// No feed row that this position has not read was recorded before this time (database clock).
    /// Lets a read leave out old partitions: an unread row is of a transaction that began after
    /// `taken` of the position that first saw it in progress.
    base::Timestamp since;
    /// When the snapshot was taken, database clock.
    base::Timestamp taken;
    Snapshot snapshot;

    [[nodiscard]] bool covers(Xid ticket) const noexcept { return snapshot.covers(ticket); }

    friend bool operator==(const Position&, const Position&) = default;
};

[[nodiscard]] base::Result<Position> parse_position(std::string_view text);
[[nodiscard]] std::string to_string(const Position& position);

/// 12 hex digits for people and headers: FNV-1a 64 of incarnation, xmax and xip. Equal positions
/// have equal hashes.
[[nodiscard]] std::string short_hash(const Position& position);

/// `since` of the position that follows `from` once everything visible in `now` (taken at
/// now_taken) has been read. Rule: xids of now.xip that `from` already listed (below its xmax) keep
/// from.since; younger ones began after from.taken. 0 when the clock was set back in between: their
/// rows may have been recorded at any time before from.taken.
[[nodiscard]] base::Timestamp next_since(
    const Position& from, const Snapshot& now, base::Timestamp now_taken
) noexcept;

}  // namespace stockd::change
