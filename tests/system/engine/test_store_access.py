"""Store isolation with clients of their own: logins that really log in, a pooler's connection that serves one after the other, lists that change meanwhile."""

import os
import threading

import psycopg2
import psycopg2.errors
import pytest
from conftest import call, connect, rows, value


@pytest.fixture
def login():
    """Makes logins, and takes them off the list and away."""
    admin = connect()
    made = []

    def make(name):
        rows(admin, f"create role {name} login in role inventory_writer")
        made.append(name)

        def log_in():
            connection = psycopg2.connect(dbname=os.environ["PGDATABASE"], user=name)
            connection.autocommit = True
            return connection

        return log_in

    yield make
    rows(admin, "delete from inventory.store_access")
    for name in made:
        rows(admin, f"drop role {name}")
    admin.close()


def allow(name, store_id):
    admin = connect()
    rows(admin, "insert into inventory.store_access (login, store_id) values (%s, %s)", name, store_id)
    admin.close()


STORES = "select array_agg(distinct store_id order by store_id) from inventory.inventory_stock where store_id = any (%s)"


def test_one_connection_of_a_pooler_serves_one_after_the_other(shop, login):
    north, south = shop(), shop()
    north.receive(10)
    south.receive(10)
    both = [north.store_id, south.store_id]
    pooled = login("sa_pooler")()
    allow("sa_pooler", None)
    allow("north_till", north.store_id)
    allow("south_till", south.store_id)
    # One plan for all: what it knows of the caller is worked out each time.
    rows(pooled, f"prepare stores(bigint[]) as {STORES.replace('%s', '$1')}")
    for _ in range(8):
        for name, own, other in (("north_till", north, south), ("south_till", south, north)):
            pooled.autocommit = False
            rows(pooled, "set local inventory.login = %s", name)
            assert value(pooled, "execute stores(%s)", both) == [own.store_id]
            assert call(pooled, "adjust_stock", own.store, [(own.skus[0], 1)], reason="x")["success"]
            with pytest.raises(psycopg2.Error) as refused:
                call(pooled, "adjust_stock", other.store, [(other.skus[0], 1)], reason="x")
            assert refused.value.pgcode == "SD045"
            pooled.rollback()
            pooled.autocommit = True
            assert value(pooled, "execute stores(%s)", both) is None
    assert (north.on_hand(), south.on_hand()) == (10, 10)
    pooled.close()


def test_a_login_that_is_connected_is_held_from_the_moment_it_is_listed(shop, login):
    north, south = shop(), shop()
    north.receive(10)
    south.receive(10)
    both = [north.store_id, south.store_id]
    till = login("sa_till")()
    rows(till, f"prepare stores(bigint[]) as {STORES.replace('%s', '$1')}")
    for _ in range(8):
        assert value(till, "execute stores(%s)", both) == both
    allow("sa_till", north.store_id)
    assert value(till, "execute stores(%s)", both) == [north.store_id]
    rows(till, "set role inventory_writer")
    assert value(till, "execute stores(%s)", both) == [north.store_id]
    rows(till, "update inventory.inventory_stock set on_hand = 0")
    assert (north.on_hand(), south.on_hand()) == (0, 10)
    till.close()


def test_logins_are_listed_at_the_same_time(shop, login):
    north = shop()
    north.receive(1)
    names = [f"sa_many{i}" for i in range(8)]
    log_in = [login(name) for name in names]
    failed = []

    def list_one(name):
        try:
            allow(name, north.store_id)
        except psycopg2.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=list_one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []
    for each in log_in:
        connection = each()
        assert value(connection, "select count(distinct store_id) from inventory.inventory_stock") == 1
        connection.close()


def test_the_first_login_is_listed_by_the_code_of_its_store_and_the_last_one_goes_by_it(shop, login):
    """As the reference says it: the very statement that turns isolation on has the table of stores open."""
    north, south = shop(), shop()
    north.receive(1)
    south.receive(1)
    till = login("sa_first")()
    rows(
        north.connection, "insert into inventory.store_access (login, store_id) select 'sa_first', store_id from inventory.stores where code = %s",
        north.store,
    )
    both = [north.store_id, south.store_id]
    assert value(till, STORES, both) == [north.store_id]
    rows(
        north.connection, "delete from inventory.store_access as a using inventory.stores as s where s.store_id = a.store_id and s.code = %s",
        north.store,
    )
    assert value(till, STORES, both) == both
    till.close()
