#include "cli/verify.hpp"

namespace stockd::cli {

namespace {

constexpr int kBatchRows = 1000;

// One pass over the ledger in the order of its index. The base of a row's first movement is 0,
// unless older months were let go: then it is an opening balance.
constexpr const char* kLedger = R"(
declare found no scroll cursor for
with chain as (
    select
        l.store_id, l.product_id, l.version, l.kind, l.on_hand_after, l.reserved_after,
        lag(l.version) over w as version_before,
        coalesce(lag(l.on_hand_after) over w, 0) + l.on_hand_delta as on_hand_follows,
        coalesce(lag(l.reserved_after) over w, 0) + l.reserved_delta as reserved_follows,
        lead(l.version) over w is null as is_last
    from inventory.stock_ledger as l
    window w as (partition by l.store_id, l.product_id order by l.version, l.movement_id)
),
broken as (
    select
        'version' as kind, c.store_id, c.product_id,
        'version ' || coalesce(c.version_before, 0) + 1 as expected, 'version ' || c.version as found
    from chain as c
    where c.version <> coalesce(c.version_before, 0) + 1 and not (c.version_before is null and c.kind = 'opening')
    union all
    select
        'balance', c.store_id, c.product_id,
        format('on hand %s, reserved %s after version %s', c.on_hand_follows, c.reserved_follows, c.version),
        format('on hand %s, reserved %s', c.on_hand_after, c.reserved_after)
    from chain as c
    where (c.on_hand_after, c.reserved_after) is distinct from (c.on_hand_follows, c.reserved_follows)
        and not (c.version_before is null and c.kind = 'opening' and c.version <> 1)
    union all
    select
        'stock', coalesce(c.store_id, s.store_id), coalesce(c.product_id, s.product_id),
        format('on hand %s, reserved %s, version %s', coalesce(c.on_hand_after, 0), coalesce(c.reserved_after, 0), coalesce(c.version, 0)),
        case when s.store_id is null then 'no stock row'
            else format('on hand %s, reserved %s, version %s', s.on_hand, s.reserved, s.version) end
    from (select * from chain where is_last) as c
    full join inventory.inventory_stock as s on s.store_id = c.store_id and s.product_id = c.product_id
    where case
        when s.store_id is null then c.on_hand_after <> 0 or c.reserved_after <> 0
        else (s.on_hand, s.reserved, s.version) is distinct from (c.on_hand_after, c.reserved_after, c.version)
    end
)
select b.kind, coalesce(t.code, '#' || b.store_id), coalesce(p.sku, '#' || b.product_id), b.expected, b.found
from broken as b
left join inventory.stores as t on t.store_id = b.store_id
left join inventory.products as p on p.product_id = b.product_id
)";

base::Result<void> fetch_all(pg::Connection& connection, Differences& differences) {
    const auto fetch = "fetch " + std::to_string(kBatchRows) + " from found";
    while (true) {
        const auto rows = connection.exec(fetch);
        if (!rows) {
            return rows.error();
        }
        for (int i = 0; i < rows->size(); ++i) {
            const auto text = [&](int column) { return std::string(rows->text(i, column)); };
            differences.add({text(0), text(1), text(2), text(3), text(4)});
        }
        if (rows->size() < kBatchRows) {
            return {};
        }
    }
}

}  // namespace

void Differences::add(Difference difference) {
    ++count_;
    if (listed_.size() < limit_) {
        listed_.push_back(std::move(difference));
    }
}

base::Result<LedgerCounts> verify_ledger(pg::Connection& connection, Differences& differences) {
    auto transaction =
        pg::Transaction::begin(connection, "isolation level repeatable read, read only");
    if (!transaction) {
        return transaction.error();
    }
    const auto counts = connection.exec(
        "select (select count(*) from inventory.inventory_stock), (select count(*) from "
        "inventory.stock_ledger)"
    );
    if (!counts) {
        return counts.error();
    }
    if (auto declared = connection.exec(kLedger); !declared) {
        return declared.error();
    }
    if (auto fetched = fetch_all(connection, differences); !fetched) {
        return fetched.error();
    }
    if (auto done = transaction->commit(); !done) {
        return done.error();
    }
    return LedgerCounts{counts->integer(0, 0), counts->integer(0, 1)};
}

}  // namespace stockd::cli
