#pragma once

#include <string_view>

/// Every statement that the follower sends. Names of the schema's contract; values are always
/// bound.
namespace stockd::source::sql {

/// inventory.doorbell_lock() and inventory.relay_lock(): literals, so that no look-up precedes the
/// first try.
constexpr std::string_view kDoorbellLock = "6004511353635864577";
constexpr std::string_view kRelayLock = "6004511353635864578";
constexpr const char* kDoorbellChannel = "inventory_doorbell";
constexpr const char* kChangesChannel = "inventory_changes";

constexpr const char* kTryLock = "select pg_catalog.pg_try_advisory_lock($1::bigint)";
/// The session that holds the relay lock, when it has not talked for $2. Of another login: left
/// alone.
constexpr const char* kEndSilentRelay =
    "select a.pid, pg_catalog.pg_terminate_backend(a.pid) "
    "from pg_catalog.pg_locks as l "
    "join pg_catalog.pg_stat_activity as a on a.pid = l.pid "
    "where l.locktype = 'advisory' and l.granted and l.mode = 'ExclusiveLock' and l.objsubid = 1 "
    "and l.classid = ($1::bigint >> 32)::oid and l.objid = ($1::bigint & 4294967295)::oid "
    "and a.datname = pg_catalog.current_database() and a.datid = l.database "
    "and a.state = 'idle' and a.state_change < pg_catalog.clock_timestamp() - $2::interval "
    "and pg_catalog.pg_has_role(a.usesysid, 'usage')";
constexpr const char* kUnlock = "select pg_catalog.pg_advisory_unlock($1::bigint)";
constexpr const char* kServer =
    "select pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid()";
constexpr const char* kIncarnation = "select inventory.incarnation()";
constexpr const char* kResumeCheck =
    "select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text, "
    "inventory._canary_exists($1::uuid)";
constexpr const char* kNotify = "select pg_catalog.pg_notify($1, $2)";
constexpr const char* kWriteCanary =
    "select inventory._write_canary($1::uuid, $2, $3::boolean, $4, $5)";
constexpr const char* kXactStatus = "select pg_catalog.pg_xact_status($1::xid8)";
constexpr const char* kStillHere = "select 1";
constexpr const char* kQueueUsage = "select pg_catalog.pg_notification_queue_usage()";

constexpr const char* kMakeMonths = "select inventory.make_ledger_months()";

constexpr const char* kExpire = "select inventory.expire_reservations($1::integer)::text";
constexpr const char* kPrune = "select inventory.prune_idempotency_keys($1::integer)::text";
constexpr const char* kPendingStores =
    "select s.code from inventory.stores as s where exists (select from "
    "inventory.offline_transaction_queue as q where q.store_id = s.store_id and q.status = "
    "'pending') order by s.store_id";
constexpr const char* kSync =
    "select a ->> 'synced', a ->> 'needsApproval', a ->> 'remaining' from "
    "inventory.sync_all_pending($1, \"limit\" => $2::integer) as a";

constexpr const char* kRefreshChannel = "refresh_inventory_views";
constexpr const char* kRebuildAsked = "select inventory._is_rebuild_asked_for()::text";
constexpr const char* kFold =
    "select rows_folded::text, rebuilt, events_written::text from "
    "inventory.fold_views($1::boolean)";
constexpr const char* kFoldAnalytics = "select inventory.fold_analytics()";
constexpr const char* kViewFreshness =
    "select relation, extract(epoch from age)::text, rows_waiting::text from "
    "inventory.view_freshness";

constexpr const char* kDrainName = "stockd_drain";
/// The tables are named outside the function so that they are locked before the snapshot is taken:
/// a TRUNCATE that commits between the two empties them in that snapshot too, and their rows would
/// be missing at a position that does not cover it.
constexpr const char* kDrain =
    "select d.* from inventory._drain($1::xid8, $2::xid8[], pg_catalog.to_timestamp($3::bigint / "
    "1000000.0)) as d "
    "left join (inventory.stores cross join inventory.products cross join "
    "inventory.inventory_stock) on false";

constexpr const char* kBeginRead = "begin isolation level repeatable read";
constexpr const char* kCommit = "commit";
constexpr const char* kRollback = "rollback";

// The lock comes before the first snapshot: a table rewritten in between would read as empty.
constexpr const char* kLockTables =
    "lock table inventory.stores, inventory.products, inventory.inventory_stock in access share "
    "mode";
constexpr const char* kPosition = "select inventory.position()";
constexpr const char* kCopyStores =
    "copy (select store_id, code, name, active from inventory.stores) to stdout (format binary)";
constexpr const char* kCopyProducts =
    "copy (select product_id, sku, name, pieces_per_pack, packs_per_box, updated_at, active from "
    "inventory.products) "
    "to stdout (format binary)";
/// A condition stands between the two.
constexpr const char* kCopyStockBegin =
    "copy (select store_id, product_id, on_hand, reserved, low_stock_threshold, version, "
    "updated_at, allow_negative "
    "from inventory.inventory_stock";
constexpr const char* kCopyEnd = ") to stdout (format binary)";
constexpr const char* kLoadBlocks =
    "select pg_catalog.pg_relation_size('inventory.inventory_stock') / b.size, "
    "pg_catalog.pg_relation_size('inventory.products') / b.size "
    "from (select pg_catalog.current_setting('block_size')::bigint as size) as b";
constexpr const char* kExportSnapshot = "select pg_catalog.pg_export_snapshot()";
constexpr const char* kLockStockAtOnce =
    "lock table inventory.inventory_stock in access share mode nowait";

constexpr const char* kSliceEnd =
    "select max(k.product_id)::text, count(*) from (select p.product_id from inventory.products as "
    "p "
    "where p.product_id >= $1::bigint order by p.product_id limit $2::bigint) as k";
constexpr const char* kSliceStoresName = "stockd_slice_stores";
constexpr const char* kSliceStores = "select store_id, code, name, active from inventory.stores";
constexpr const char* kSliceProductsName = "stockd_slice_products";
constexpr const char* kSliceProducts =
    "select product_id, sku, name, pieces_per_pack, packs_per_box, updated_at, active from "
    "inventory.products "
    "where product_id between $1::bigint and $2::bigint order by product_id";
constexpr const char* kSliceStockName = "stockd_slice_stock";
constexpr const char* kSliceStock =
    "select store_id, product_id, on_hand, reserved, low_stock_threshold, version, updated_at, "
    "allow_negative "
    "from inventory.inventory_stock where product_id between $1::bigint and $2::bigint order by "
    "product_id, store_id";

}  // namespace stockd::source::sql
