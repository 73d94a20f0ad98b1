#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::change {

/// A transaction id with epoch, as pg_current_xact_id() gives it. Also a writer's ticket.
using Xid = std::uint64_t;

/// PostgreSQL's pg_snapshot: which transactions are visible. xip (in progress) is sorted, in [xmin,
/// xmax).
struct Snapshot {
    Xid xmin = 0;
    Xid xmax = 0;
    std::vector<Xid> xip;

    /// pg_visible_in_snapshot: the transaction had ended when the snapshot was taken.
    [[nodiscard]] bool covers(Xid xid) const noexcept;
    friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

/// "xmin:xmax:xip,xip". Errors: kInvalidArgument with what is wrong; more than 100 000 ids are
/// refused.
[[nodiscard]] base::Result<Snapshot> parse_snapshot(std::string_view text);
[[nodiscard]] std::string to_string(const Snapshot& snapshot);

}  // namespace stockd::change
