"""Products, proof and repair while others write: nobody's hold is overlooked, nothing is found that is not there, nothing is repaired twice."""

import threading

import psycopg2.errors
import psycopg2.extras
import pytest
from conftest import all_answered, at_once, call, connect, is_waiting, rows, value, wait_until

Json = psycopg2.extras.Json


def opened():
    connection = connect()
    connection.autocommit = False
    return connection


def meanwhile(work):
    """Runs work(connection) in a client of its own; returns its backend, and a function that waits for what it returned."""
    connection = connect()
    result = []

    def run():
        try:
            result.append(work(connection))
        except psycopg2.Error as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def finish():
        thread.join(timeout=60)
        assert not thread.is_alive()
        connection.close()
        return result[0]

    return connection.get_backend_pid(), finish


def reserve(connection, order, here, place=0, quantity=1):
    lines = Json([{"sku": here.skus[place], "quantity": quantity}])
    return value(connection, "select inventory.reserve_stock(%s, %s, %s, '1 hour')", order, here.store, lines)


def delete(connection, here, reservations, place=0):
    return value(connection, "select inventory.delete_product(%s, %s)", here.skus[place], reservations)


def verify(connection, here, whole=False):
    """A pass over the store; what is open then."""
    answer = value(connection, "select inventory.verify(%s, whole => %s)", here.store, whole)
    while not answer["complete"]:
        answer = value(connection, "select inventory.verify(%s)", here.store)
    return answer["findings"]


def harm(here, sql):
    """Changes rows as nobody can: as the engine, past what records."""
    with opened() as connection:
        rows(connection, "set local role inventory_engine")
        rows(connection, sql, here.store_id, here.product_ids[0])
    connection.close()


@pytest.mark.sessions
@pytest.mark.parametrize("reservations", ["refuse", "release"])
def test_a_product_that_is_being_reserved_is_deleted_after_that(shop, reservations):
    here = shop()
    here.receive(10)
    reserving = opened()
    assert reserve(reserving, "o", here, quantity=4)["success"]
    pid, finish = meanwhile(lambda connection: delete(connection, here, reservations))
    wait_until(lambda: is_waiting(here.connection, pid))
    reserving.commit()
    reserving.close()
    answer = finish()
    if reservations == "refuse":
        assert [error["code"] for error in answer["errors"]] == ["reservations_open"]
        assert answer["errors"][0]["orders"] == [{"store": here.store, "order": "o", "units": 4}]
        assert value(here.connection, "select active from inventory.products where sku = %s", here.skus[0])
    else:
        assert [movement["reserved_delta"] for movement in answer["movements"]] == [-4]
        assert not value(here.connection, "select active from inventory.products where sku = %s", here.skus[0])


def test_deleting_and_reserving_and_paying_at_once_ends_every_hold_once(shop):
    here = shop()
    here.receive(1000)
    for order in range(16):
        assert reserve(here.connection, f"o{order}", here)["success"]

    def work(number, connection):
        if number == 0:
            return delete(connection, here, "release")
        if number % 2:
            return value(connection, "select inventory.process_order_stock_reduction(%s, %s)", f"o{number}", here.store)
        return value(connection, "select inventory.extend_reservation(%s, %s, '2 hours')", f"o{number}", here.store)

    results = at_once(16, work)
    all_answered(results)
    ended = rows(
        here.connection, "select state, count(*) from inventory.stock_holds where store_id = %s group by state order by state", here.store_id
    )
    paid = sum(1 for result in results[1::2] if result["success"])
    assert ended == [state for state in (("committed", paid), ("released", 16 - paid)) if state[1]]
    assert here.on_hand() == 1000 - paid
    assert here.deadlocks() == here.deadlocks_before


@pytest.mark.sessions
@pytest.mark.parametrize("way", ["short", "long"])
def test_an_order_that_is_paid_while_its_product_is_deleted_is_told_that_it_holds_nothing(shop, way):
    here = shop()
    here.receive(10)
    assert reserve(here.connection, "o", here, quantity=4)["success"]
    first = opened()
    rows(first, "select 1 from inventory.inventory_stock where store_id = %s for no key update", here.store_id)
    deleting, finish_deleting = meanwhile(lambda connection: delete(connection, here, "release"))
    wait_until(lambda: is_waiting(here.connection, deleting))
    paying, finish_paying = meanwhile(
        lambda connection: value(
            connection, "select inventory.process_order_stock_reduction('o', %s, %s)", here.store,
            Json([{"sku": here.skus[0], "quantity": 4}]) if way == "long" else None,
        )
    )
    wait_until(lambda: is_waiting(here.connection, paying))
    first.rollback()
    first.close()
    assert [movement["reserved_delta"] for movement in finish_deleting()["movements"]] == [-4]
    assert [error["code"] for error in finish_paying()["errors"]] == ["not_reserved"]


def test_two_deletions_of_one_product_release_once(shop):
    here = shop()
    here.receive(10)
    assert reserve(here.connection, "o", here, quantity=3)["success"]
    answers = at_once(8, lambda number, connection: delete(connection, here, "release"))
    assert sorted(answer["deleted"] for answer in answers) == [False] * 7 + [True]
    assert sum(len(answer["movements"]) for answer in answers) == 1


@pytest.mark.sessions
def test_many_availabilities_are_set_in_the_order_of_products(shop):
    here = shop(3)
    first = opened()
    rows(first, "select 1 from inventory.products where product_id = %s for update", here.product_ids[0])
    updates = Json([{"sku": sku, "availability": "preorder"} for sku in reversed(here.skus)])
    pid, finish = meanwhile(lambda connection: value(connection, "select inventory.bulk_update_availability(%s)", updates))
    wait_until(lambda: is_waiting(here.connection, pid))
    # Who waits for the first product holds none of the others.
    rows(here.connection, "select 1 from inventory.products where product_id = any (%s) for update nowait", here.product_ids[1:])
    first.rollback()
    first.close()
    assert finish()["updated"] == 3


def test_t7_the_same_new_product_from_many_clients_is_made_once(shop):
    here = shop()
    product = Json({"sku": f"{here.store}-new"})
    answers = at_once(8, lambda number, connection: value(connection, "select inventory.create_product(%s, idempotency_key => %s)", product, here.store))
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 7
    answers = at_once(8, lambda number, connection: value(connection, "select inventory.create_product(%s)", Json({"sku": f"{here.store}-n2"})))
    assert sorted(answer["success"] for answer in answers) == [False] * 7 + [True]


def test_verify_finds_nothing_while_everybody_writes(shop):
    here = shop(3)
    here.receive(100000)
    rows(here.connection, "select inventory.set_unit('third', 1, 3, sku => %s)", here.skus[1])
    done = threading.Event()

    def work(number, connection):
        if number == 0:
            try:
                return [verify(connection, here, whole=round % 3 == 0) for round in range(15)]
            finally:
                done.set()
        place = 0
        while not done.is_set():
            place += 1
            sku = here.skus[place % 3]
            unit = "third" if place % 3 == 1 else "piece"
            lines = Json([{"sku": sku, "quantity": 1, "unit": unit}])
            if number == 1:
                value(connection, "select inventory.record_sale(%s, %s)", here.store, lines)
            elif number == 2:
                rows(
                    connection, "update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = %s and product_id = %s",
                    here.store_id, here.product_ids[place % 3],
                )
            else:
                value(connection, "select inventory.reserve_stock(%s, %s, %s, '1 hour')", f"o{place % 7}", here.store, lines)
        return place

    results = at_once(4, work)
    assert results[0] == [[]] * 15
    assert all(result > 0 for result in all_answered(results[1:]))
    assert verify(here.connection, here, whole=True) == []


@pytest.mark.sessions
def test_a_finding_whose_row_is_being_sold_from_is_not_repaired_as_it_was(shop):
    here = shop()
    here.receive(10)
    harm(here, "update inventory.inventory_stock set on_hand = 7, version = version + 1 where store_id = %s and product_id = %s")
    harm(here, "update inventory.inventory_stock set version = version - 1 where store_id = %s and product_id = %s")
    (finding,) = verify(here.connection, here)
    selling = opened()
    assert call(selling, "record_sale", here.store, [(here.skus[0], 1)])["success"]
    pid, finish = meanwhile(lambda connection: value(connection, "select inventory.repair(%s)", finding["finding"]))
    wait_until(lambda: is_waiting(here.connection, pid))
    selling.commit()
    selling.close()
    assert [error["code"] for error in finish()["errors"]] == ["finding_changed"]
    (finding,) = verify(here.connection, here)
    assert (finding["kind"], finding["version"]) == ("wrong_balance", 2)
    assert value(here.connection, "select inventory.repair(%s)", finding["finding"])["repaired"]
    assert verify(here.connection, here, whole=True) == []
    # The proof that every test ends with knows nothing of repairs: the movements are put right for it.
    harm(here, "update inventory.stock_ledger set on_hand_delta = -4 where store_id = %s and product_id = %s and version = 2")
    harm(here, "update inventory.stock_ledger set on_hand_delta = 0 where store_id = %s and product_id = %s and version = 3")


def test_a_finding_is_repaired_once_by_many(shop):
    here = shop()
    here.receive(10)
    harm(here, "update inventory.inventory_stock set on_hand = 7, version = version + 1 where store_id = %s and product_id = %s")
    harm(here, "update inventory.inventory_stock set version = version - 1 where store_id = %s and product_id = %s")
    (finding,) = verify(here.connection, here)
    answers = at_once(8, lambda number, connection: value(connection, "select inventory.repair(%s)", finding["finding"]))
    assert sorted(answer["repaired"] for answer in answers) == [False] * 7 + [True]
    assert value(here.connection, "select count(*) from inventory.stock_ledger where store_id = %s", here.store_id) == 2
    assert verify(here.connection, here, whole=True) == []


@pytest.mark.sessions
def test_two_passes_of_one_store_take_turns_and_those_of_two_do_not(shop):
    here, there = shop(), shop()
    here.receive(10)
    here.receive(10)
    there.receive(10)
    first = opened()
    value(first, "select inventory.verify(%s)", here.store)
    pid, finish = meanwhile(lambda connection: value(connection, "select inventory.verify(%s)", here.store))
    wait_until(lambda: is_waiting(here.connection, pid))
    assert verify(there.connection, there) == []
    # Nor does a writer wait.
    assert call(here.connection, "record_sale", here.store, [(here.skus[0], 1)])["success"]
    first.commit()
    first.close()
    # The second one has not done the first one's work again.
    assert finish()["movements"] == 1
