"""V1: the views ..._now are the GROUP BYs over the tables in every snapshot, and the folded ones at every quiet point."""

import os
import threading

import psycopg2

from soak.cluster import is_lost
from soak.report import Failed

TRUTH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "sql", "views_truth.sql")
PAUSE_S = 2
# A look that had to wait for a TRUNCATE, or for one that was prepared and left so, is tried again.
PATIENCE = "set lock_timeout = '2s'; set statement_timeout = '10s'"
# Locked before the snapshot is taken: to an older one, a TRUNCATE that came between shows tables that are empty and a feed that is not.
SNAPSHOT = "begin isolation level repeatable read; lock table inventory.inventory_stock, inventory.stores, inventory.products in access share mode"
TRIED_AGAIN = ("40001", "40P01", "55P03", "57014")


# Two falls in a row, or a last one that the shadow does not know, cannot be; two ends can: a row that is made low crosses nothing.
ODD_EVENTS = """
with told as (
    select
        e.store_id, e.product_id, e.event_seq, e.type, lag(e.type) over w as before, lead(e.type) over w is null as is_last
    from inventory.inventory_event as e
    where e.type in ('low_stock_alert', 'low_stock_cleared')
    window w as (partition by e.store_id, e.product_id order by e.event_seq)
)
select 'alert after alert' as what, t.store_id, t.product_id, t.event_seq from told as t where t.type = 'low_stock_alert' and t.before = t.type
union all
select 'not alerted after ' || t.type, t.store_id, t.product_id, t.event_seq
from told as t
left join inventory.folded_stock as f on f.store_id = t.store_id and f.product_id = t.product_id
where t.is_last and t.type = 'low_stock_alert' and f.is_alerted is distinct from true
limit 5
"""


def odd_events(connection):
    """Low-stock events that contradict each other, or what is folded."""
    with connection.cursor() as cursor:
        cursor.execute(ODD_EVENTS)
        return "\n".join(map(str, cursor.fetchall()))


def add_truth(connection):
    with open(TRUTH, encoding="utf-8") as truth, connection.cursor() as cursor:
        cursor.execute(truth.read())


def differences(connection, which):
    """Of the views `now` or `mv`, in one snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        cursor.execute(f"select relation, side, row from differences_{which} order by 1, row ->> 'store_id', row ->> 'product_id', 2 limit 6")
        found = cursor.fetchall()
        cursor.execute("commit")
    return "\n".join(map(str, found))


def is_folded(connection):
    with connection.cursor() as cursor:
        cursor.execute("select bool_and(rows_waiting = 0) from inventory.view_freshness where relation <> 'inventory_analytics_mv'")
        return cursor.fetchone()[0] is True


class ViewReader:
    """Asks all the time, on a connection of its own."""

    def __init__(self, cluster, report):
        self.cluster = cluster
        self.report = report
        self.connection = None
        threading.Thread(target=self._work, daemon=True, name="reader of the views").start()

    def _work(self):
        while not self.report.stop.wait(PAUSE_S):
            try:
                self._look()
            except psycopg2.Error as error:
                if error.pgcode in TRIED_AGAIN:
                    self.report.count("views", f"tried again, {error.pgcode}")
                # 58P01: a server that was given up, and whose folder is gone, answers once more.
                elif not is_lost(error, self.connection) and error.pgcode != "58P01":
                    self.report.fail(f"reader of the views: {error!r}")
                # Whatever it was in the middle of goes with it.
                self.connection = None
            except Failed:
                return
            except Exception as error:  # a defect of the soak itself
                self.report.fail(f"reader of the views: {error!r}")

    def _look(self):
        if self.connection is None or self.connection.closed:
            self.connection = None
            connection = self.cluster.primary.connect(application_name="soak views")
            with connection.cursor() as cursor:
                cursor.execute(PATIENCE)
            add_truth(connection)
            self.connection = connection
        if found := differences(self.connection, "now"):
            self.report.fail("a view ..._now differs from its GROUP BY", found)
        self.report.count("views", "compared in a snapshot")
