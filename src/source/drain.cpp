#include "source/drain_rows.hpp"
#include "source/gaps.hpp"
#include "source/loop.hpp"
#include "source/statements.hpp"

#include <algorithm>
#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

namespace {

/// "{1,2}": an xid8[] in text.
std::string array_of(const std::vector<change::Xid>& xids) {
    std::string text = "{";
    if constexpr (kXipUsed) {
        for (const auto xid : xids) {
            if (text.size() > 1) {
                text += ',';
            }
            text += std::to_string(xid);
        }
    }
    return text + '}';
}

}  // namespace

/// Everything that became visible since `from`.
Follower::Loop::Task<change::ChangeSet> Follower::Loop::read_feed(
    change::Position from, base::SteadyTime deadline
) {
    std::vector<pg::Param> params;
    params.emplace_back(std::to_string(from.snapshot.xmax));
    params.emplace_back(array_of(from.snapshot.xip));
    params.emplace_back(std::to_string(from.since.unix_us));
    DrainRows rows{std::move(from)};
    pg::AsyncConnection::RowHandler take = [&rows](const pg::Rows& row) { return rows.add(row); };
    auto read = co_await d_.exec_rows(
        sql::kDrainName,
        std::move(params),
        pg::AsyncConnection::Format::kBinary,
        deadline,
        std::move(take)
    );
    if (!read) {
        co_return read.error();
    }
    auto changes = rows.finish();
    // Whoever read it, a drain, an audit or a load: nobody reads it again.
    if (changes && changes->feed_rows > 0) {
        note_unfolded();
    }
    co_return changes;
}

/// True when there was something.
Follower::Loop::Task<bool> Follower::Loop::drain() {
    const auto begun = steady_clock::now();
    auto changes = co_await read_feed(*position_, statement_deadline());
    if (!changes) {
        note_kept_out(changes.error());
        co_return changes.error();
    }
    const bool found = !changes->empty();
    observe_(observe::Drained{
        changes->feed_rows,
        static_cast<std::int64_t>(changes->stock.size()),
        static_cast<std::int64_t>(changes->products.size()),
        static_cast<std::int64_t>(changes->stores.size()),
        steady_clock::now() - begun});
    auto published = co_await publish(std::move(*changes), begun);
    if (!published) {
        co_return published.error();
    }
    co_return found;
}

Follower::Loop::Task<> Follower::Loop::publish(
    change::ChangeSet changes, base::SteadyTime read_at, bool position_matters
) {
    auto broadcast = compose(changes);
    // An empty set need not be published, unless somebody waits for the position that comes with
    // it.
    if (loaded_ && (!changes.empty() || position_matters || waiters_.size() > 0)) {
        sink_.apply(changes);
    }
    const bool was_proven = canary_.is_proven() && !canary_.is_late();
    note_canaries(changes);
    position_ = std::move(changes.position);
    published_as_of(read_at);
    update_status([this](FollowerStatus& status) {
        ++status.drains;
        status_position_ = position_;
    });
    if (!was_proven && canary_.is_proven()) {
        reset_backoff_if_proven();
        set_state(state_, {});
    }
    waiters_.published(*position_);
    if (broadcast) {
        co_return co_await send(std::move(*broadcast));
    }
    co_return base::Result<void>{};
}

void Follower::Loop::note_canaries(const change::ChangeSet& changes) {
    const auto now = steady_clock::now();
    for (const auto& nonce : changes.canaries) {
        if (const auto took = canary_.seen(nonce, now)) {
            observe_(observe::CanarySeen{*took});
        }
    }
}

/// Nothing when nobody else needs to know.
std::optional<Broadcast> Follower::Loop::compose(const change::ChangeSet& changes) {
    const bool others_canary =
        std::any_of(changes.canaries.begin(), changes.canaries.end(), [this](const auto& nonce) {
            return !canary_.is_mine(nonce);
        });
    const bool stock =
        !changes.stock.empty() || !changes.products.empty() || !changes.stores.empty();
    if (!relay_ || !(stock || others_canary)) {
        return std::nullopt;
    }
    const CodeLookup codes{
        [this](base::ProductId product) { return sink_.sku_of(product); },
        [this](base::StoreId store) { return sink_.store_code_of(store); }};
    return make_broadcast(changes, codes);
}

Follower::Loop::Task<> Follower::Loop::send(Broadcast broadcast) {
    auto unlocked = co_await finish_unlock();
    if (!unlocked) {
        co_return unlocked.error();
    }
    const auto bytes = static_cast<std::int64_t>(broadcast.json.size());
    std::vector<pg::Param> params;
    params.emplace_back(sql::kChangesChannel);
    params.emplace_back(std::move(broadcast.json));
    auto sent = co_await l_.exec(sql::kNotify, std::move(params), statement_deadline());
    if (!sent) {
        co_return sent.error();
    }
    observe_(observe::BroadcastSent{broadcast.changes, bytes, broadcast.many});
    update_status([](FollowerStatus& status) { ++status.broadcasts; });
    co_return base::Result<void>{};
}

/// Tickets above everything that had ended: of an open transaction, or of none that the database
/// has ever begun.
Follower::Loop::Task<> Follower::Loop::settle_doubtful_tickets() {
    const auto doubtful = waiters_.doubtful(*position_);
    for (const auto ticket : doubtful) {
        std::vector<pg::Param> params;
        params.emplace_back(std::to_string(ticket));
        auto rows = co_await d_.exec(sql::kXactStatus, std::move(params), statement_deadline());
        if (!rows && rows.error().code == base::ErrorCode::kInvalidArgument) {
            waiters_.refuse_ticket(
                ticket,
                {base::ErrorCode::kInvalidArgument,
                 "ticket " + std::to_string(ticket) + " is from the future",
                 "The database has not given out this transaction id.",
                 "Use the value of inventory.ticket() from the transaction that wrote, on this "
                 "database.",
                 {}}
            );
        } else if (!rows && rows.error().sqlstate.empty()) {
            co_return rows.error();
        } else {
            waiters_.judged(ticket);
        }
    }
    // Whose deadline has passed was kept for this.
    waiters_.expire(steady_clock::now());
    arm_expiry();
    co_return base::Result<void>{};
}

}  // namespace stockd::source
