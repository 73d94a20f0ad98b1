/// Positions and snapshots: what a user stored somewhere and brings back.
#include "change/position.hpp"

#include "target.hpp"

namespace change = stockd::change;
namespace fuzz = stockd::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    if (const auto position = change::parse_position(text)) {
        const auto again = change::parse_position(change::to_string(*position));
        fuzz::require(again && *again == *position, "a position comes back as it went");
        fuzz::require(change::short_hash(*position).size() == 12, "a short hash has 12 digits");
    }
    if (const auto snapshot = change::parse_snapshot(text)) {
        const auto again = change::parse_snapshot(change::to_string(*snapshot));
        fuzz::require(again && *again == *snapshot, "a snapshot comes back as it went");
        fuzz::require(snapshot->xmin <= snapshot->xmax, "xmin is not above xmax");
        fuzz::require(!snapshot->covers(snapshot->xmax), "xmax is not read");
        for (const auto xid : snapshot->xip) {
            fuzz::require(!snapshot->covers(xid), "what was in progress is not read");
        }
    }
    return 0;
}
