#include "cli/verify.hpp"

namespace stockd::cli {

namespace {

constexpr int kBatchRows = 1000;

// One pass over the ledger in the order of its index. The base of a row's first movement is 0,
// unless older months were let go: then it is an opening balance. What repair() of the database
// settled is no difference any more, nor is the movement that settled it, which cannot agree with
// itself either (docs/decisions/0014-proof.md): as long as the one is as it was found and the other
// makes up for just that.
constexpr const char* kLedger = R"(
declare found no scroll cursor for
with chain as (
    select
        l.store_id, l.product_id, l.version, l.kind, l.on_hand_after, l.reserved_after,
        coalesce(lag(l.version) over w, 0) as previous, lag(l.version) over w as version_before,
        coalesce(lag(l.on_hand_after) over w, 0) + l.on_hand_delta as on_hand_follows,
        coalesce(lag(l.reserved_after) over w, 0) + l.reserved_delta as reserved_follows,
        lead(l.version) over w is null as is_last
    from inventory.stock_ledger as l
    window w as (partition by l.store_id, l.product_id order by l.version, l.movement_id)
),
settled as (
    select f.store_id, f.product_id, f.version, f.repair_version, f.previous, f.on_hand, f.reserved
    from (
        select
            o.*, case o.kind when 'repeated_version' then o.version else o.version - 1 end as previous,
            (o.details ->> 'on_hand_difference')::numeric as on_hand, (o.details ->> 'reserved_difference')::numeric as reserved
        from inventory.stock_findings as o
        where o.kind in ('repeated_version', 'wrong_balance') and o.repaired_at is not null and o.gone_at is null
    ) as f
    -- Several movements of one version are one finding.
    join chain as c
        on c.store_id = f.store_id and c.product_id = f.product_id and c.version = f.version and c.previous = f.previous
    group by f.finding_id, f.store_id, f.product_id, f.version, f.repair_version, f.previous, f.on_hand, f.reserved
    having sum(c.on_hand_after::numeric - c.on_hand_follows) = f.on_hand
        and sum(c.reserved_after::numeric - c.reserved_follows) = f.reserved
),
known as (
    select s.store_id, s.product_id, s.version, s.previous from settled as s
    union all
    select c.store_id, c.product_id, c.version, c.previous
    from settled as s
    join chain as c
        on c.store_id = s.store_id and c.product_id = s.product_id and c.version = s.repair_version and c.previous = c.version - 1
    where c.on_hand_after::numeric - c.on_hand_follows = -s.on_hand and c.reserved_after::numeric - c.reserved_follows = -s.reserved
),
unsettled as not materialized (
    select c.*
    from chain as c
    where not exists (
        select from known as k
        where k.store_id = c.store_id and k.product_id = c.product_id and k.version = c.version and k.previous = c.previous
    )
),
broken as (
    select
        'version' as kind, c.store_id, c.product_id,
        'version ' || c.previous + 1 as expected, 'version ' || c.version as found
    from unsettled as c
    where c.version <> c.previous + 1 and not (c.version_before is null and c.kind = 'opening')
    union all
    select
        'balance', c.store_id, c.product_id,
        format('on hand %s, reserved %s after version %s', c.on_hand_follows, c.reserved_follows, c.version),
        format('on hand %s, reserved %s', c.on_hand_after, c.reserved_after)
    from unsettled as c
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
