"""stockd whose login has settings that are legal and odd: what it reads, and what it says of it, is the same."""

import json

from conftest import Stockd, wait_for

from test_chores import make_daemon_url, make_sql, metric  # noqa: F401  (fixtures)

# Operators and types that come before PostgreSQL's own in the path of the login.
TRAP = """
create schema trap;
grant usage on schema trap to public;
create function trap.never(bigint, bigint) returns boolean language sql as 'select false';
create function trap.never(text, text) returns boolean language sql as 'select false';
create operator trap.= (leftarg = bigint, rightarg = bigint, function = trap.never);
create operator trap.< (leftarg = bigint, rightarg = bigint, function = trap.never);
create operator trap.<= (leftarg = bigint, rightarg = bigint, function = trap.never);
create operator trap.>= (leftarg = bigint, rightarg = bigint, function = trap.never);
create operator trap.> (leftarg = bigint, rightarg = bigint, function = trap.never);
create operator trap.= (leftarg = text, rightarg = text, function = trap.never);
"""
ODD = {
    "search_path": "trap, pg_catalog",
    "datestyle": "'SQL, DMY'",
    "timezone": "'Asia/Kolkata'",
    "intervalstyle": "iso_8601",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "extra_float_digits": "0",
    "bytea_output": "escape",
    "row_security": "off",
    "idle_session_timeout": "500",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
}


def test_odd_settings_of_the_login_change_nothing(tmp_path, sql, daemon_url):
    role = daemon_url.rpartition("=")[2]
    sql(TRAP)
    for name, value in ODD.items():
        sql(f"alter role {role} set {name} = {value}")
    sql("select inventory.must(inventory.queue_transaction('S', '[{\"sku\": \"P\", \"quantity\": 3}]', 'q1', 'till', occurred_at => '2026-01-01 10:00+00'))")
    with Stockd(tmp_path, "--sync-interval", "50ms", "--expire-interval", "50ms", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: metric(stockd, "stockd_audits_total"), "a pass of the audit; log: " + stockd.log())
        assert metric(stockd, "stockd_drift_total") == 0
        wait_for(lambda: json.loads(stockd.get("/api/inventory/P")[1])["availableTotal"] == 7, "what was queued; log: " + stockd.log())
        assert sql("select status from inventory.offline_transaction_queue") == "synced"
        # Before the first fold it has no item.
        wait_for(
            lambda: [item["onHand"] for item in json.loads(stockd.get("/api/inventory/summary")[1]).get("items", [])] == [7],
            "the views; log: " + stockd.log(),
        )
        assert [line for line in stockd.log().splitlines() if " error " in line] == []
        assert stockd.stop() == 0
