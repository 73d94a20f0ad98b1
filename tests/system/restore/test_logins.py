"""Logins in the roles, on a database that a login without superuser installed."""

import os
import threading

import psycopg2
import pytest
from conftest import Database, run

LOGINS = {"reader": "app_reader", "writer": "app_writer", "daemon": "app_daemon", "admin": "app_admin"}


@pytest.fixture
def installed(databases):
    """A database installed by a login with CREATEROLE and CREATE only, and a login in each role."""
    database = databases(migrated=False)
    maintenance = Database("postgres")
    for name in ("app_installer", *LOGINS.values()):
        maintenance.rows(
            f"do $$ begin if not exists (select from pg_roles where rolname = '{name}') then create role {name} login; end if; end $$"
        )
    maintenance.rows("alter role app_installer createrole")
    maintenance.rows(f"grant create on database {database.name} to app_installer")
    run(os.path.join(os.environ["STOCKD_TEST_BIN"], "stockctl"), "migrate", "--quiet", PGDATABASE=database.name, PGUSER="app_installer")
    for role, name in LOGINS.items():
        maintenance.rows(f"grant inventory_{role} to {name}")
    maintenance.close()
    return database


def test_logins_do_their_work_without_any_power_of_their_own(installed):
    writer, reader, daemon, admin = (LOGINS[role] for role in ("writer", "reader", "daemon", "admin"))
    assert installed.value("select count(*) from pg_roles where rolname like 'app\\_%%' and rolsuper", user=reader) == 0
    here = installed.value("select inventory.position()", user=reader)
    installed.rows("insert into inventory.stores (code, name) values ('a', 'A')", user=writer)
    installed.rows("insert into inventory.products (sku, name) values ('p', 'P')", user=writer)
    installed.rows("insert into inventory.inventory_stock (store_id, product_id, on_hand) values (1, 1, 5)", user=writer)
    installed.rows("update inventory.inventory_stock set on_hand = on_hand - 2", user=writer)
    installed.rows("insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (1, 1, 'sale', -1)", user=writer)
    assert installed.refused("update inventory.inventory_stock set version = 7", user=writer) == "42501"
    assert installed.refused("update inventory.inventory_stock set on_hand = -1", user=writer) == "23514"
    assert installed.refused("update inventory.inventory_stock set on_hand = 1", user=reader) == "42501"
    rows = installed.rows("select type, actor from inventory.feed_after(%s)", here, user=reader)
    assert rows == [(kind, writer) for kind in ("store_created", "product_created", "direct", "direct", "sale")]

    nonce = installed.value("select inventory._write_canary(gen_random_uuid(), 'd', true, 'h', inventory.incarnation())", user=daemon)
    assert installed.value("select inventory._canary_exists(%s)", nonce, user=daemon)
    # The doorbell: any login may take part.
    assert installed.value("select pg_try_advisory_lock(inventory.doorbell_lock())", user=daemon)
    installed.rows("listen inventory_doorbell", user=daemon)
    installed.rows("update inventory.inventory_stock set on_hand = on_hand + 1", user=writer)
    installed.rows("select 1", user=daemon)
    assert [n.channel for n in installed.connection(daemon).notifies] == ["inventory_doorbell"]

    installed.rows("select inventory.make_ledger_months(5)", user=daemon)
    installed.rows("update inventory.settings set value = '4' where name = 'ledger_months_ahead'", user=admin)
    installed.rows("select inventory.finish_restore()", user=admin)
    assert installed.refused("select * from inventory.feed_after(%s)", here, user=reader) == "SD002"
    assert installed.contradictions() == []


def test_the_first_movement_of_a_stock_row_from_32_clients(installed):
    """One row and the right sum, whether they insert movements or upsert the row."""
    writer = LOGINS["writer"]
    installed.rows("insert into inventory.stores (code, name) values ('a', 'A')", user=writer)
    for sku, statement in (
        ("m", "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) select 1, product_id, 'purchase', 1"
              " from inventory.products where sku = 'm'"),
        ("u", "insert into inventory.inventory_stock as s (store_id, product_id, on_hand) select 1, product_id, 1"
              " from inventory.products where sku = 'u' on conflict (store_id, product_id) do update set on_hand = s.on_hand + 1"),
    ):
        installed.rows("insert into inventory.products (sku, name) values (%s, 'P')", sku, user=writer)
        start = threading.Barrier(32)
        failures = []

        def client(sql=statement, barrier=start, failed=failures):
            try:
                connection = psycopg2.connect(dbname=installed.name, user=writer)
                connection.autocommit = True
                with connection.cursor() as cursor:
                    barrier.wait(60)
                    for _ in range(10):
                        cursor.execute(sql)
                connection.close()
            except Exception as error:  # noqa: BLE001 - reported by the test
                failed.append(error)

        threads = [threading.Thread(target=client) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert installed.rows(
            "select on_hand, version from inventory.inventory_stock join inventory.products using (product_id) where sku = %s", sku
        ) == [(320, 320)]
    assert installed.contradictions() == []
