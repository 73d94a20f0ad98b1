#include "pg/binary.hpp"
#include "source/drain_rows.hpp"
#include "source/loop.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace stockd::source {

using std::chrono::steady_clock;

namespace {

constexpr std::int64_t kLastProduct = std::numeric_limits<std::int64_t>::max();

base::Error unexpected() {
    return {
        base::ErrorCode::kSchemaMismatch,
        "the database's answer to an audit is not as this program knows it",
        {},
        "Use a stockd of the schema's version: stockctl migrate --status shows it.",
        {}};
}

std::int64_t int_at(const pg::Rows& row, int column) {
    return pg::binary_integer<std::int64_t>(row.text(0, column)).value_or(0);
}

bool bool_at(const pg::Rows& row, int column) {
    return pg::binary_bool(row.text(0, column)).value_or(false);
}

base::Timestamp time_at(const pg::Rows& row, int column) {
    return pg::binary_timestamp(row.text(0, column)).value_or(base::Timestamp{});
}

std::string text_at(const pg::Rows& row, int column) {
    return std::string(row.text(0, column));
}

}  // namespace

base::SteadyTime Follower::Loop::audit_due() const {
    const bool on = options_.audit_rows_per_s > 0 && options_.audit_chunk_rows > 0;
    // While a load runs its result is worth more than a comparison with what it replaces.
    return on && position_ && loaded_ && !load_ && state_ == State::kLive ? audit_.slice_at
                                                                          : base::SteadyTime::max();
}

std::int64_t Follower::Loop::products_per_slice() {
    const auto counts = sink_.counts();
    const auto rows_per_product =
        std::max<std::int64_t>(1, counts.stock_rows / std::max<std::int64_t>(1, counts.products));
    return std::max<std::int64_t>(1, options_.audit_chunk_rows / rows_per_product);
}

/// Compares the next part of the copy with the tables, at one position.
Follower::Loop::Task<> Follower::Loop::audit_slice() {
    const auto read_at = steady_clock::now();
    if (audit_.next.value == 0) {
        audit_ = {{}, read_at, read_at, 0, 0};
    }
    AuditSlice slice;
    slice.first = audit_.next;
    auto begun = co_await d_.exec_script(sql::kBeginRead, statement_deadline());
    if (!begun) {
        co_return begun.error();
    }
    auto changes = co_await read_slice(&slice);
    auto ended =
        co_await d_.exec_script(changes ? sql::kCommit : sql::kRollback, statement_deadline());
    if (!changes && ended && is_locked_out(changes.error())) {
        constexpr std::chrono::seconds kAfterLock{1};
        audit_.slice_at = steady_clock::now() + kAfterLock;
        co_return base::Result<void>{};
    }
    if (!changes) {
        co_return changes.error();
    }
    if (!ended) {
        co_return ended.error();
    }
    auto published = co_await publish(std::move(*changes), read_at, /*position_matters=*/true);
    if (!published) {
        co_return published.error();
    }
    if (loaded_ && !load_) {
        judge_slice(slice);
    }
    co_return base::Result<void>{};
}

/// In D's transaction: the feed up to its snapshot, then the rows of the slice in the same
/// snapshot, which is taken after the tables are locked (as for a load).
Follower::Loop::Task<change::ChangeSet> Follower::Loop::read_slice(AuditSlice* slice) {
    const auto binary = pg::AsyncConnection::Format::kBinary;
    auto locked = co_await d_.exec_script(sql::kLockTables, statement_deadline());
    if (!locked) {
        co_return locked.error();
    }
    auto changes = co_await read_feed(*position_, statement_deadline());
    if (!changes) {
        co_return changes.error();
    }
    std::vector<pg::Param> bounds;
    bounds.emplace_back(std::to_string(slice->first.value));
    bounds.emplace_back(std::to_string(products_per_slice()));
    auto end = co_await d_.exec(sql::kSliceEnd, bounds, statement_deadline());
    if (!end) {
        co_return end.error();
    }
    // Fewer than asked for: the end of the table; the slice reaches to the end of all ids.
    const bool last = end->is_null(0, 0) || end->integer(0, 1) < products_per_slice();
    slice->last = {last ? kLastProduct : end->integer(0, 0)};
    if (slice->first.value == 0) {
        auto& stores = slice->stores.emplace();
        pg::AsyncConnection::RowHandler take = [&stores](const pg::Rows& row
                                               ) -> base::Result<void> {
            if (row.columns() != 4) {
                return unexpected();
            }
            stores.push_back({{int_at(row, 0)}, text_at(row, 1), text_at(row, 2), bool_at(row, 3)});
            return {};
        };
        std::vector<pg::Param> none;
        auto read = co_await d_.exec_rows(
            sql::kSliceStoresName, std::move(none), binary, statement_deadline(), std::move(take)
        );
        if (!read) {
            co_return read.error();
        }
    }
    std::vector<pg::Param> range;
    range.emplace_back(std::to_string(slice->first.value));
    range.emplace_back(std::to_string(slice->last.value));
    pg::AsyncConnection::RowHandler take_product = [slice](const pg::Rows& row
                                                   ) -> base::Result<void> {
        if (row.columns() != 7) {
            return unexpected();
        }
        slice->products.push_back(
            {{int_at(row, 0)},
             text_at(row, 1),
             text_at(row, 2),
             int_at(row, 3),
             int_at(row, 4),
             time_at(row, 5),
             bool_at(row, 6)}
        );
        return {};
    };
    auto products = co_await d_.exec_rows(
        sql::kSliceProductsName, range, binary, statement_deadline(), std::move(take_product)
    );
    if (!products) {
        co_return products.error();
    }
    pg::AsyncConnection::RowHandler take_stock = [slice](const pg::Rows& row
                                                 ) -> base::Result<void> {
        if (row.columns() != 8) {
            return unexpected();
        }
        slice->stock.push_back(
            {{int_at(row, 0)},
             {int_at(row, 1)},
             int_at(row, 2),
             int_at(row, 3),
             int_at(row, 4),
             int_at(row, 5),
             time_at(row, 6),
             bool_at(row, 7)}
        );
        return {};
    };
    auto stock = co_await d_.exec_rows(
        sql::kSliceStockName, range, binary, statement_deadline(), std::move(take_stock)
    );
    if (!stock) {
        co_return stock.error();
    }
    co_return changes;
}

void Follower::Loop::judge_slice(const AuditSlice& slice) {
    const auto drifts = sink_.audit(slice);
    for (const auto& drift : drifts) {
        observe_(drift);
    }
    const auto rows = static_cast<std::int64_t>(slice.stock.size() + slice.products.size());
    audit_.rows += rows;
    audit_.drifts += static_cast<std::int64_t>(drifts.size());
    update_status([&drifts](FollowerStatus& status) {
        status.drift += static_cast<std::int64_t>(drifts.size());
    });
    const auto now = steady_clock::now();
    audit_.slice_at =
        now + milliseconds{rows * 1000 / std::max<std::int64_t>(1, options_.audit_rows_per_s) + 1};
    if (slice.last.value != kLastProduct) {
        audit_.next = {slice.last.value + 1};
        return;
    }
    observe_(observe::AuditPassed{audit_.rows, audit_.drifts, now - audit_.pass_begun});
    refreshed_at_ = now;
    update_status([](FollowerStatus& status) { status.last_refresh = base::now_utc(); });
    const auto begun = audit_.pass_begun;
    audit_ = {};
    audit_.slice_at = std::max(now, begun + options_.audit_pass_every);
}

}  // namespace stockd::source
